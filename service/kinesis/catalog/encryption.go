package catalog

import (
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"

	"github.com/leat-io/leat/storage"
)

// maxDataKeys is how many data keys a stream may have had. All of them are part
// of each version of the stream, since records of each may still be there.
const maxDataKeys = 10_000

// A lot is a run of nonces of one data key that one server has claimed: no
// other, and not the same one after a restart, ever uses a nonce of it. A data
// key has so many lots that it is replaced before it has sealed 2^32 records
// (spec storage §7.12).
const (
	LotRecords = 1 << 22
	LotsOfAKey = 1 << 10
)

// DataKey is one version of the key that a stream's records are sealed with.
type DataKey struct {
	MasterARN string `json:"master"`  // the master key that wraps it
	Wrapped   []byte `json:"wrapped"` // what only that key opens
	Lots      uint32 `json:"lots,omitempty"`
}

// Encryption is how the records of a stream are to be stored: sealed with the
// Key under the master key that a caller named KeyID, or plain without one.
type Encryption struct {
	KeyID string  `json:"key_id,omitempty"`
	Key   DataKey `json:"key,omitzero"`
}

// Encrypted reports whether records that are put now are sealed.
func (s *Stream) Encrypted() bool { return s.KeyID != "" }

// KeyVersion returns the version of the newest data key, 0 when there was none.
// The key of version v is Keys[v-1].
func (s *Stream) KeyVersion() uint32 { return uint32(len(s.Keys)) }

// encrypt carries out what was decided.
func (s *Stream) encrypt(e *Encryption) {
	s.KeyID = e.KeyID
	if e.KeyID != "" {
		s.addKey(e.Key)
	}
}

// addKey gives the stream a newest data key. Other versions share what they had.
func (s *Stream) addKey(k DataKey) { s.Keys = append(s.Keys[:len(s.Keys):len(s.Keys)], k) }

// StartEncryption has the records sealed that are put from now on, with a new
// data key. Refused, in this order: when there is no such stream, when it is not
// ACTIVE, and when the day's calls are used up.
type StartEncryption struct {
	Ref
	Encryption
}

func (*StartEncryption) kind() string { return "start_encryption" }

func (cmd *StartEncryption) decide(s *state, t Terms) (any, bool) {
	x, err := cmd.find(s, types.StreamStatusActive)
	if err == nil && (usedUp(x.EncryptedMillis, t.Quotas.EncryptionsPerDay, t.AtMillis) || len(x.Keys) >= maxDataKeys) {
		err = RateExceeded(x.Account, x.Name) // AWS's text is unknown
	}
	return err, err != nil
}

func (cmd *StartEncryption) apply(s *state, t Terms, e *storage.Effects) any {
	x := cmd.edit(s)
	x.EncryptedMillis = remember(x.EncryptedMillis, t.AtMillis, encryptionsKept)
	s.begin(x, types.StreamStatusUpdating, Transition{Encryption: &cmd.Encryption}, t, e)
	return nil
}

// StopEncryption has records stored plain that are put from now on; those that
// are there stay as they are. A stream that is not encrypted stays so. Refused as
// StartEncryption is.
type StopEncryption struct {
	Ref
}

func (*StopEncryption) kind() string { return "stop_encryption" }

func (cmd *StopEncryption) decide(s *state, t Terms) (any, bool) {
	x, err := cmd.find(s, types.StreamStatusActive)
	if err != nil {
		return err, true
	}
	if !x.Encrypted() {
		return nil, true
	}
	if usedUp(x.PlainMillis, t.Quotas.EncryptionsPerDay, t.AtMillis) {
		return RateExceeded(x.Account, x.Name), true
	}
	return nil, false
}

func (cmd *StopEncryption) apply(s *state, t Terms, e *storage.Effects) any {
	x := cmd.edit(s)
	x.PlainMillis = remember(x.PlainMillis, t.AtMillis, encryptionsKept)
	s.begin(x, types.StreamStatusUpdating, Transition{Encryption: &Encryption{}}, t, e)
	return nil
}

// ReplaceKey gives an encrypted stream a new data key in the place of its newest
// one. It is nobody's request: where Version is not the newest any more it
// changes nothing.
type ReplaceKey struct {
	Stream  storage.StreamID `json:"stream"`
	Version uint32           `json:"version"`
	Key     DataKey          `json:"key"`
}

func (*ReplaceKey) kind() string { return "replace_key" }

func (cmd *ReplaceKey) decide(s *state, _ Terms) (any, bool) {
	x := s.byID[cmd.Stream]
	return nil, x == nil || x.KeyVersion() != cmd.Version || len(x.Keys) >= maxDataKeys
}

func (cmd *ReplaceKey) apply(s *state, _ Terms, _ *storage.Effects) any {
	x := *s.byID[cmd.Stream]
	x.addKey(cmd.Key)
	s.put(&x)
	return nil
}

// ClaimLot gives a lot of a data key to the server that asks. The result is a
// Claim.
type ClaimLot struct {
	Stream  storage.StreamID `json:"stream"`
	Version uint32           `json:"version"`
}

// Claim is the result of a ClaimLot. Without Granted there is no such key, or
// all its lots are claimed.
type Claim struct {
	Granted bool
	Lot     uint32
}

func (*ClaimLot) kind() string { return "claim_lot" }

func (cmd *ClaimLot) decide(s *state, _ Terms) (any, bool) {
	x := s.byID[cmd.Stream]
	if x == nil || cmd.Version == 0 || cmd.Version > x.KeyVersion() || x.Keys[cmd.Version-1].Lots >= LotsOfAKey {
		return Claim{}, true
	}
	return nil, false
}

func (cmd *ClaimLot) apply(s *state, _ Terms, _ *storage.Effects) any {
	x := *s.byID[cmd.Stream]
	x.Keys = append([]DataKey(nil), x.Keys...)
	k := &x.Keys[cmd.Version-1]
	lot := k.Lots
	k.Lots++
	s.put(&x)
	return Claim{Granted: true, Lot: lot}
}
