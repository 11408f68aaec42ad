package catalog

import (
	"encoding/json"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"

	"github.com/leat-io/leat/api"
	"github.com/leat-io/leat/api/kinesisapi"
	"github.com/leat-io/leat/api/policy"
	"github.com/leat-io/leat/storage"
)

// Policy is the policy of a stream or consumer: its text, byte by byte as it
// was put, and what it means. It is immutable, and in JSON it is its text.
type Policy struct {
	text     string
	document *policy.Document
}

// NewPolicy returns the policy of the text, or what is wrong with it.
func NewPolicy(text string) (*Policy, error) {
	document, err := policy.Parse([]byte(text), policy.Resource)
	if err != nil {
		return nil, err
	}
	return &Policy{text, document}, nil
}

// Text returns the policy as it was put.
func (p *Policy) Text() string { return p.text }

// Document returns what the policy means, nil for a nil policy.
func (p *Policy) Document() *policy.Document {
	if p == nil {
		return nil
	}
	return p.document
}

// MarshalJSON implements json.Marshaler.
func (p *Policy) MarshalJSON() ([]byte, error) { return json.Marshal(p.text) }

// UnmarshalJSON implements json.Unmarshaler. A text that is no policy here,
// and was one to who wrote it, is an error: to go on without would open what
// it closes.
func (p *Policy) UnmarshalJSON(data []byte) error {
	var text string
	if err := json.Unmarshal(data, &text); err != nil {
		return err
	}
	read, err := NewPolicy(text)
	if err != nil {
		return fmt.Errorf("policy %.100q needs another leat: %w", text, err)
	}
	*p = *read
	return nil
}

// SetPolicy gives a stream, or the consumer that is named, a policy in place of
// the one it may have; nil takes that away. Refused, in this order: when there
// is no such stream or consumer, when the stream is CREATING or DELETING or the
// consumer is not ACTIVE, and when there is no policy to take away.
type SetPolicy struct {
	ConsumerRef
	Policy *Policy `json:"policy"`
}

func (*SetPolicy) kind() string { return "set_policy" }

func (cmd *SetPolicy) decide(s *state, _ Terms) (any, bool) {
	arn, now, err := cmd.present(s)
	switch {
	case err != nil:
		return err, true
	case cmd.Policy == nil && now == nil:
		return NoPolicy(arn), true
	}
	return nil, cmd.Policy != nil && now != nil && cmd.Policy.text == now.text
}

// present returns the policy there is, and of what.
func (cmd *SetPolicy) present(s *state) (arn string, now *Policy, refused *api.Error) {
	if cmd.Consumer != "" {
		c, err := cmd.ConsumerRef.find(s)
		if err == nil && c.Status != types.ConsumerStatusActive {
			err = ConsumerNotActive(cmd.Ref, c)
		}
		if err != nil {
			return "", nil, err
		}
		return c.ARN(cmd.ARN()), c.Policy, nil
	}
	x, err := cmd.Ref.find(s, types.StreamStatusActive, types.StreamStatusUpdating)
	if err != nil {
		return "", nil, err
	}
	return x.ARN(), x.Policy, nil
}

func (cmd *SetPolicy) apply(s *state, _ Terms, _ *storage.Effects) any {
	if cmd.Consumer != "" {
		x, c := cmd.ConsumerRef.edit(s)
		c.Policy = cmd.Policy
		s.put(x)
		return nil
	}
	x := cmd.Ref.edit(s)
	x.Policy = cmd.Policy
	s.put(x)
	return nil
}

// NoPolicy is the answer to taking away a policy that is not there.
func NoPolicy(arn string) *api.Error {
	return api.Errorf(kinesisapi.ResourceNotFound, "No resource policy found for resource ARN %s.", arn)
}
