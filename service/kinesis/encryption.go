package kinesis

import (
	"context"
	"crypto/cipher"
	"fmt"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"

	"github.com/leat-io/leat/api"
	"github.com/leat-io/leat/api/kinesisapi"
	"github.com/leat-io/leat/service/kinesis/catalog"
	"github.com/leat-io/leat/storage"
)

// maxKeptArena is how much of the space for sealed records a put keeps for the
// next.
const maxKeptArena = 1 << 20

// seal seals the batch of p, unless its stream is not encrypted. Each record has
// a nonce of its own whatever becomes of the batch: one that is routed anew is
// sealed anew. No byte of a record goes to the log before it is sealed.
func (s *Service) seal(ctx context.Context, p *put) error {
	for x := p.stream; x.Encrypted() && len(p.batch.Records) > 0; {
		if err := s.mayUse(ctx, "kms:GenerateDataKey", x, masterOf(x, x.KeyVersion())); err != nil {
			return err
		}
		k := s.dataKey(x, x.KeyVersion())
		aead, err := s.openKey(ctx, k, x)
		if err != nil {
			return err
		}
		n, ok, err := s.takeNonces(ctx, k, x, len(p.batch.Records))
		if err != nil {
			return err
		}
		if !ok {
			if x, err = s.replaceKey(ctx, x); err != nil {
				return err
			}
			continue
		}
		size := 0
		for i := range p.batch.Records {
			size += sealedSize(&p.batch.Records[i])
		}
		p.arena = slices.Grow(p.arena[:0], size)
		p.context = appendContext(p.context[:0], x)
		for i := range p.batch.Records {
			p.arena = sealRecord(p.arena, aead, p.context, x.KeyVersion(), n, &p.batch.Records[i])
			n.number++
		}
		return nil
	}
	return nil
}

// checkSealing returns why a put to the stream would fail for its key.
func (s *Service) checkSealing(ctx context.Context, x *catalog.Stream) error {
	if !x.Encrypted() {
		return nil
	}
	if err := s.mayUse(ctx, "kms:GenerateDataKey", x, masterOf(x, x.KeyVersion())); err != nil {
		return err
	}
	_, err := s.openKey(ctx, s.dataKey(x, x.KeyVersion()), x)
	return err
}

// masterOf returns the ARN of the master key of the stream's data key.
func masterOf(x *catalog.Stream, version uint32) string { return x.Keys[version-1].MasterARN }

// mayUse returns why the caller of ctx may not do with a master key what AWS
// would do for it with the stream's records (spec data-streams §6).
func (s *Service) mayUse(ctx context.Context, action string, x *catalog.Stream, master string) error {
	judge := api.KeyJudgeOf(ctx)
	if judge == nil || s.keeper.Managed(master) {
		return nil
	}
	return judge(api.KeyUse{Action: action, KeyARN: master, StreamARN: x.ARN()})
}

// unseal opens those records of a read that are sealed, into one piece of
// memory. x is the stream as it was before the read. A record that is not what
// was stored fails the read, and so does one whose key is not to be had.
func (s *Service) unseal(ctx context.Context, x *catalog.Stream, res *storage.ReadResult) error {
	sealed, size := 0, 0
	for i := range res.Records {
		if r := &res.Records[i]; r.KeyVersion != 0 {
			sealed++
			size += len(r.Data)
		}
	}
	if sealed == 0 {
		return nil
	}
	arena, context := make([]byte, 0, size), appendContext(nil, x)
	var aead cipher.AEAD
	var version uint32 // of aead
	for i := range res.Records {
		r := &res.Records[i]
		if r.KeyVersion == 0 {
			continue
		}
		var err error
		if r.KeyVersion != version {
			version = r.KeyVersion
			aead, err = s.readingKey(ctx, x, version)
		}
		if err == nil {
			arena, err = openRecord(arena, aead, context, r)
		}
		if err != nil {
			return fmt.Errorf("open record %d of shard log %d/%d: %w", r.Offset, x.ID, r.Shard, err)
		}
	}
	return nil
}

// readingKey returns the cipher of a data key that a record was found to be
// sealed with, which may be younger than x.
func (s *Service) readingKey(ctx context.Context, x *catalog.Stream, version uint32) (cipher.AEAD, error) {
	if version > x.KeyVersion() {
		var err error
		if x, err = s.sameStream(x); err != nil {
			return nil, err
		}
		if version > x.KeyVersion() {
			return nil, errTampered
		}
	}
	if err := s.mayUse(ctx, "kms:Decrypt", x, masterOf(x, version)); err != nil {
		return nil, err
	}
	return s.openKey(ctx, s.dataKey(x, version), x)
}

// describeEncryption returns how records that are put now are stored.
func describeEncryption(x *catalog.Stream) (types.EncryptionType, *string) {
	if !x.Encrypted() {
		return types.EncryptionTypeNone, nil
	}
	return types.EncryptionTypeKms, aws.String(x.KeyID)
}

// encryptionType is the member of records and of puts, which is left out where
// it would be NONE.
func encryptionType(encrypted bool) types.EncryptionType {
	if encrypted {
		return types.EncryptionTypeKms
	}
	return ""
}

// onlyKMS refuses the one value of EncryptionType that is of no use. AWS's text
// is unknown.
func onlyKMS(kind types.EncryptionType) error {
	if kind == types.EncryptionTypeKms {
		return nil
	}
	return api.Errorf(kinesisapi.InvalidArgument, "Invalid EncryptionType %s. Valid value: KMS.", kind)
}
