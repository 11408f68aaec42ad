package keys

import (
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"fmt"
	"slices"
	"strings"

	"github.com/leat-io/leat/api"
	"github.com/leat-io/leat/api/kinesisapi"
)

// ManagedAlias is the alias of the key that AWS keeps for everybody.
const ManagedAlias = "alias/aws/kinesis"

// Ring is a Keeper whose master keys are in the process. It does not change
// once it is made.
type Ring struct {
	keys []master
}

// master is one master key.
type master struct {
	id       string
	aliases  []string
	arn      string // empty: the key is one of every account and region
	aead     cipher.AEAD
	disabled bool
}

// NewRing returns a ring with one key, drawn at random, that has the alias
// ManagedAlias. What it wraps is lost with it.
func NewRing() *Ring {
	k := drawKey()
	m, err := k.master()
	if err != nil {
		panic(fmt.Sprintf("BUG: drew a bad key: %v", err))
	}
	return &Ring{keys: []master{m}}
}

// Make implements Keeper.
func (r *Ring) Make(_ context.Context, keyID, streamARN string) (DataKey, error) {
	m, err := r.find(keyID)
	if err != nil {
		return DataKey{}, err
	}
	k := DataKey{Plain: make([]byte, DataKeyBytes), MasterARN: m.arnFor(streamARN)}
	if m.disabled {
		return DataKey{}, keyDisabled(k.MasterARN)
	}
	rand.Read(k.Plain) // never fails
	nonce := make([]byte, m.aead.NonceSize())
	rand.Read(nonce)
	k.Wrapped = m.aead.Seal(nonce, nonce, k.Plain, wrapContext(k.MasterARN, streamARN))
	return k, nil
}

// Open implements Keeper.
func (r *Ring) Open(_ context.Context, masterARN, streamARN string, wrapped []byte) ([]byte, error) {
	m, err := r.find(masterARN)
	if err != nil {
		return nil, err
	}
	if m.disabled {
		return nil, keyDisabled(masterARN)
	}
	var plain []byte
	if n := m.aead.NonceSize(); len(wrapped) > n {
		plain, err = m.aead.Open(nil, wrapped[:n], wrapped[n:], wrapContext(masterARN, streamARN))
	}
	if err != nil || len(plain) != DataKeyBytes {
		return nil, api.Errorf(kinesisapi.KMSInvalidState, "Key '%s' does not open the data key of %s: "+
			"it is not the key of that id which made it, or the data key is damaged.", masterARN, streamARN)
	}
	return plain, nil
}

// Managed implements Keeper: the key with the alias ManagedAlias is.
func (r *Ring) Managed(masterARN string) bool {
	m, err := r.find(masterARN)
	return err == nil && slices.Contains(m.aliases, ManagedAlias)
}

// wrapContext is what a wrapped data key is bound to.
func wrapContext(masterARN, streamARN string) []byte {
	return []byte("leat data key 1" + streamARN + "\x00" + masterARN)
}

// find returns the key that is named by an id, an alias or an ARN of either. A
// key without an ARN of its own has whatever account and region it is asked
// for with.
func (r *Ring) find(name string) (*master, error) {
	place, resource := "", name
	if strings.HasPrefix(name, "arn:") {
		parts := strings.SplitN(name, ":", 6)
		if len(parts) != 6 || parts[2] != "kms" {
			return nil, api.Errorf(kinesisapi.KMSNotFound, "Invalid arn %s", name)
		}
		place, resource = strings.Join(parts[:5], ":"), parts[5]
		if id, isKey := strings.CutPrefix(resource, "key/"); isKey {
			resource = id
		} else if !strings.HasPrefix(resource, "alias/") {
			return nil, api.Errorf(kinesisapi.KMSNotFound, "Invalid arn %s", name)
		}
	}
	for i := range r.keys {
		m := &r.keys[i]
		if (m.id == resource || slices.Contains(m.aliases, resource)) &&
			(place == "" || m.arn == "" || strings.HasPrefix(m.arn, place+":")) {
			return m, nil
		}
	}
	if strings.HasPrefix(resource, "alias/") {
		return nil, api.Errorf(kinesisapi.KMSNotFound, "Alias %s is not found.", name)
	}
	return nil, api.Errorf(kinesisapi.KMSNotFound, "Key '%s' does not exist", name)
}

// arnFor returns the key's ARN, in the stream's account and region unless it has
// one of its own.
func (m *master) arnFor(streamARN string) string {
	if m.arn != "" {
		return m.arn
	}
	parts := strings.SplitN(streamARN, ":", 6)
	if len(parts) != 6 {
		panic(fmt.Sprintf("BUG: stream ARN %q", streamARN))
	}
	return strings.Join([]string{parts[0], parts[1], "kms", parts[3], parts[4], "key/" + m.id}, ":")
}

func keyDisabled(arn string) *api.Error {
	return api.Errorf(kinesisapi.KMSDisabled, "%s is disabled.", arn)
}

// newAEAD returns AES-256-GCM with the key.
func newAEAD(key []byte) (cipher.AEAD, error) {
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	return cipher.NewGCM(block)
}
