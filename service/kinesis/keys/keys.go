// Package keys makes the data keys of encrypted streams and opens them again: a
// data key is kept wrapped by a master key, and the master keys are those of a
// [Ring] or of a KMS.
//
// This package's API may change.
package keys

import (
	"context"

	"github.com/leat-io/leat/api"
	"github.com/leat-io/leat/api/kinesisapi"
)

// DataKeyBytes is the length of a data key.
const DataKeyBytes = 32

// DataKey is a new data key. Plain is a secret and must not be stored.
type DataKey struct {
	Plain     []byte // DataKeyBytes long
	Wrapped   []byte
	MasterARN string // the master key that wraps it
}

// Keeper has master keys. Its errors are an *api.Error with a KMS code of
// Kinesis, unless ctx ended or the keeper itself failed. All methods may be
// called concurrently.
type Keeper interface {
	// Make returns a new data key for the stream. keyID names the master key: by
	// its id, its ARN, an alias or the ARN of an alias.
	Make(ctx context.Context, keyID, streamARN string) (DataKey, error)

	// Open returns the data key that Make returned for the stream wrapped by the
	// master key.
	Open(ctx context.Context, masterARN, streamARN string, wrapped []byte) ([]byte, error)

	// Managed reports whether the master key is the one that AWS manages, which
	// every caller may use.
	Managed(masterARN string) bool
}

// None is a Keeper without any master key.
type None struct{}

// Make implements Keeper.
func (None) Make(_ context.Context, keyID, _ string) (DataKey, error) {
	return DataKey{}, api.Errorf(kinesisapi.KMSNotFound,
		"Key '%s' does not exist: this server has no keys, give it some with --key-ring FILE or --kms-endpoint URL.", keyID)
}

// Managed implements Keeper.
func (None) Managed(string) bool { return false }

// Open implements Keeper.
func (None) Open(_ context.Context, masterARN, _ string, _ []byte) ([]byte, error) {
	return nil, api.Errorf(kinesisapi.KMSNotFound,
		"Key '%s' does not exist: this server has no keys, give it the one with --key-ring FILE or --kms-endpoint URL.", masterARN)
}
