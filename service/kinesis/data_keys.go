package kinesis

import (
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"encoding/binary"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/leat-io/leat/service/kinesis/catalog"
	"github.com/leat-io/leat/storage"
)

// dataKeyLife is for how long a data key is used before it is opened by its
// master key again: so long does it take at most until a master key that was
// taken away is missed. AWS does it as often.
const dataKeyLife = 5 * time.Minute

// keyFailureLife is for how long it is remembered that a data key could not be
// opened, so that those who wait for a KMS that does not answer do not each wait
// as long again.
const keyFailureLife = time.Second

// dataKeysBeforeSweep is how many data keys are kept before those of streams
// that are gone are looked for.
const dataKeysBeforeSweep = 1024

// keyName names a data key.
type keyName struct {
	stream  storage.StreamID
	version uint32
}

// dataKeys are the data keys in use, and the lots of their nonces. Its zero
// value is ready.
type dataKeys struct {
	mu struct {
		sync.Mutex
		keys    map[keyName]*dataKey
		sweepAt int
	}
}

// dataKey is a data key in use.
type dataKey struct {
	name keyName
	// busy is filled by whoever opens the key or claims a lot, so that it is
	// done once for all who want it.
	busy   chan struct{}
	opened atomic.Pointer[openedKey]
	failed *failedKey // guarded by busy
	lot    atomic.Pointer[lot]
}

type openedKey struct {
	aead  cipher.AEAD
	until time.Time
}

type failedKey struct {
	err   error
	until time.Time
}

// lot is a lot of nonces that is this server's. It begins at a random number, so
// that another server which claims the same lot of a copy of the data folder,
// or of a backup that was put back, takes other nonces all the same.
type lot struct {
	number uint32
	first  uint64
	used   atomic.Uint64 // more than catalog.LotRecords when used up
}

func newLot(number uint32) *lot {
	var random [8]byte
	rand.Read(random[:])                                                        // never fails
	return &lot{number: number, first: binary.BigEndian.Uint64(random[:]) >> 1} // numbers never wrap
}

// take returns the first of n nonces in a row, and false when there are not as
// many left.
func (l *lot) take(n int) (nonce, bool) {
	if l == nil {
		return nonce{}, false
	}
	end := l.used.Add(uint64(n))
	return nonce{l.number, l.first + end - uint64(n)}, end <= catalog.LotRecords
}

// dataKey returns the data key of the stream, of a version that it has.
func (s *Service) dataKey(x *catalog.Stream, version uint32) *dataKey {
	d := &s.dataKeys
	d.mu.Lock()
	defer d.mu.Unlock()
	name := keyName{x.ID, version}
	k := d.mu.keys[name]
	if k == nil {
		if len(d.mu.keys) >= d.mu.sweepAt {
			s.sweepDataKeysLocked()
		}
		k = &dataKey{name: name, busy: make(chan struct{}, 1)}
		d.mu.keys[name] = k
	}
	return k
}

// sweepDataKeysLocked forgets the keys of streams that are gone. Requires
// dataKeys.mu.
func (s *Service) sweepDataKeysLocked() {
	d := &s.dataKeys
	if d.mu.keys == nil {
		d.mu.keys = make(map[keyName]*dataKey)
	}
	for name := range d.mu.keys {
		if _, there := s.catalog.StreamByID(name.stream); !there {
			delete(d.mu.keys, name)
		}
	}
	d.mu.sweepAt = 2*len(d.mu.keys) + dataKeysBeforeSweep
}

// hold waits until k is the caller's, who gives it back with release.
func (k *dataKey) hold(ctx context.Context) error {
	select {
	case k.busy <- struct{}{}:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (k *dataKey) release() { <-k.busy }

// openKey returns the cipher of the data key, of the stream x.
func (s *Service) openKey(ctx context.Context, k *dataKey, x *catalog.Stream) (cipher.AEAD, error) {
	now := s.clock.Now()
	if o := k.opened.Load(); o != nil && now.Before(o.until) {
		return o.aead, nil
	}
	if err := k.hold(ctx); err != nil {
		return nil, err
	}
	defer k.release()
	now = s.clock.Now() // it may have taken long
	if o := k.opened.Load(); o != nil && now.Before(o.until) {
		return o.aead, nil
	}
	if k.failed != nil && now.Before(k.failed.until) {
		return nil, k.failed.err
	}
	stored := &x.Keys[k.name.version-1]
	aead, err := s.unwrap(ctx, x, stored)
	if err != nil {
		err = fmt.Errorf("open data key %d of %s: %w", k.name.version, x.ARN(), err)
		if ctx.Err() == nil {
			k.failed = &failedKey{err, now.Add(keyFailureLife)}
		}
		return nil, err
	}
	k.opened.Store(&openedKey{aead, now.Add(dataKeyLife)})
	return aead, nil
}

// unwrap has a data key of the stream opened by its master key.
func (s *Service) unwrap(ctx context.Context, x *catalog.Stream, stored *catalog.DataKey) (cipher.AEAD, error) {
	plain, err := s.keeper.Open(ctx, stored.MasterARN, x.ARN(), stored.Wrapped)
	if err != nil {
		return nil, err
	}
	defer clear(plain)
	block, err := aes.NewCipher(plain)
	if err != nil {
		return nil, err
	}
	return cipher.NewGCM(block)
}

// takeNonces returns the first of n nonces in a row of the data key, which
// nobody else has or will have: not after a crash either, since the lot that
// they are of was claimed by a command that is durable. It returns false when
// the key is used up.
func (s *Service) takeNonces(ctx context.Context, k *dataKey, x *catalog.Stream, n int) (nonce, bool, error) {
	if first, ok := k.lot.Load().take(n); ok {
		return first, true, nil
	}
	if err := k.hold(ctx); err != nil {
		return nonce{}, false, err
	}
	defer k.release()
	if first, ok := k.lot.Load().take(n); ok {
		return first, true, nil
	}
	// A caller who goes away must not waste a lot.
	answer, err := s.propose(context.WithoutCancel(ctx), refOf(x), &catalog.ClaimLot{Stream: x.ID, Version: k.name.version})
	if err != nil {
		return nonce{}, false, fmt.Errorf("claim nonces of %s: %w", x.ARN(), err)
	}
	claim := answer.(catalog.Claim)
	if !claim.Granted {
		return nonce{}, false, nil
	}
	l := newLot(claim.Lot)
	first, ok := l.take(n)
	k.lot.Store(l)
	return first, ok, nil
}

// replaceKey gives the stream a new data key in the place of its newest, that of
// x, unless it has one, and returns the stream as it is then.
func (s *Service) replaceKey(ctx context.Context, x *catalog.Stream) (*catalog.Stream, error) {
	used := x.KeyVersion()
	current, err := s.sameStream(x)
	if err != nil || !current.Encrypted() || current.KeyVersion() != used {
		return current, err
	}
	made, err := s.keeper.Make(ctx, x.Keys[used-1].MasterARN, x.ARN())
	if err != nil {
		return nil, fmt.Errorf("replace data key %d of %s: %w", used, x.ARN(), err)
	}
	clear(made.Plain)
	cmd := &catalog.ReplaceKey{Stream: x.ID, Version: used, Key: catalog.DataKey{MasterARN: made.MasterARN, Wrapped: made.Wrapped}}
	if _, err := s.propose(ctx, refOf(x), cmd); err != nil {
		return nil, fmt.Errorf("replace data key %d of %s: %w", used, x.ARN(), err)
	}
	current, err = s.sameStream(x)
	if err == nil && current.Encrypted() && current.KeyVersion() == used {
		err = fmt.Errorf("replace data key %d of %s: it has had too many", used, x.ARN())
	}
	return current, err
}

// sameStream returns the stream as it is now, or that it is gone.
func (s *Service) sameStream(x *catalog.Stream) (*catalog.Stream, error) {
	current, ok := s.catalog.StreamByID(x.ID)
	if !ok {
		return nil, catalog.StreamNotFound(x.Account, x.Name)
	}
	return current, nil
}

// checkKeys tells the operator which streams have records that cannot be read
// because of their master keys. They can be once the keys are there.
func (s *Service) checkKeys() {
	for _, x := range s.catalog.All() {
		checked := make(map[string]bool)
		for i := range x.Keys {
			master := x.Keys[i].MasterARN
			if checked[master] {
				continue
			}
			checked[master] = true
			_, err := s.openKey(s.ctx, s.dataKey(x, uint32(i+1)), x)
			if s.ctx.Err() != nil {
				return
			}
			if err != nil {
				s.logger.Error("records of an encrypted stream cannot be read without their key",
					"stream", x.ARN(), "key", master, "err", err)
			}
		}
	}
}

// refOf returns the name of the stream.
func refOf(x *catalog.Stream) catalog.Ref {
	return catalog.Ref{Account: x.Account, Region: x.Region, Name: x.Name}
}
