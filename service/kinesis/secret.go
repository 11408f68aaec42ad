package kinesis

import (
	"context"
	"crypto/rand"
	"fmt"

	"github.com/leat-io/leat/service/kinesis/catalog"
)

// secretBytes is the length of the installation's secret.
const secretBytes = 32

// secret returns the installation's secret, from which the keys of tokens that
// clients hold are derived. The first call on a new installation draws it and
// proposes it; all servers of the installation then have the one that was
// applied first.
func (s *Service) secret(ctx context.Context) ([]byte, error) {
	if secret := s.catalog.Secret(); secret != nil {
		return secret, nil
	}
	drawn := make([]byte, secretBytes)
	rand.Read(drawn) // never fails
	cmd := catalog.Encode(&catalog.SetSecret{Secret: drawn}, catalog.Terms{AtMillis: s.nowMillis()})
	if _, err := s.log.Propose(ctx, catalog.MachineName, cmd); err != nil {
		return nil, fmt.Errorf("set the installation's secret: %w", err)
	}
	return s.catalog.Secret(), nil
}
