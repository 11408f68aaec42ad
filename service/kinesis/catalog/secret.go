package catalog

import "github.com/leat-io/leat/storage"

// SetSecret gives the installation the key with which it authenticates tokens
// that clients hold, so that they outlive a restart. The first one stays.
type SetSecret struct {
	Secret []byte `json:"secret"`
}

func (*SetSecret) kind() string { return "set_secret" }

func (*SetSecret) decide(s *state, _ Terms) (any, bool) { return nil, s.secret != nil }

func (cmd *SetSecret) apply(s *state, _ Terms, _ *storage.Effects) any {
	s.secret = cmd.Secret
	return nil
}
