package leat

import (
	"context"
	"errors"
	"fmt"
	"net/url"

	"github.com/leat-io/leat/service/kinesis/keys"
)

// masterKeys opens where the master keys of encrypted streams are. Nothing
// durable is sealed with a key that ends with the server.
func (s *Server) masterKeys(ctx context.Context) (keys.Keeper, error) {
	c := s.config
	switch {
	case c.KeyRing != "":
		ring, made, err := keys.OpenRing(c.KeyRing)
		if err != nil {
			return nil, err
		}
		if made {
			c.Logger.Warn("made a key ring: keep a copy of it, apart from the data; what it sealed is lost without it", "file", c.KeyRing)
		}
		return ring, nil
	case c.KMSEndpoint != "":
		return keys.OpenKMS(ctx, c.KMSEndpoint)
	case c.Durability == DurabilityMemory:
		return keys.NewRing(), nil
	}
	return keys.None{}, nil
}

// checkKeys returns what is wrong with where the master keys are.
func (c Config) checkKeys() error {
	if c.KMSEndpoint == "" {
		return nil
	}
	if c.KeyRing != "" {
		return errors.New("a key ring and a KMS endpoint exclude each other")
	}
	if u, err := url.Parse(c.KMSEndpoint); err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return fmt.Errorf("KMS endpoint %q is not a URL such as https://kms.us-east-1.amazonaws.com", c.KMSEndpoint)
	}
	return nil
}
