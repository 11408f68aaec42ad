package leat

import (
	"github.com/leat-io/leat/service/kinesis/keys"
)

// masterKeys opens where the master keys of encrypted streams are. Nothing
// durable is sealed with a key that ends with the server.
func (s *Server) masterKeys() (keys.Keeper, error) {
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
	case c.Durability == DurabilityMemory:
		return keys.NewRing(), nil
	}
	return keys.None{}, nil
}
