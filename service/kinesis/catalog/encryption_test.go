package catalog

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
)

func startEncryption(keyID, master string) *StartEncryption {
	return &StartEncryption{orders, Encryption{KeyID: keyID, Key: DataKey{MasterARN: master, Wrapped: []byte(master)}}}
}

func TestEncryption(t *testing.T) {
	r := testRig(t)
	r.refuse(startEncryption("alias/a", "m1"), "ResourceNotFoundException: Stream orders under account 000000000000 not found.")
	r.create(1)
	r.terms.DelayMillis = 500
	r.must(startEncryption("alias/a", "m1"))
	x := r.orders()
	if x.Status != types.StreamStatusUpdating || x.Encrypted() {
		t.Errorf("%s, encrypted %v", x.Status, x.Encrypted())
	}
	const moving = "ResourceInUseException: Stream orders under account 000000000000 not ACTIVE, instead in state UPDATING"
	r.refuse(startEncryption("alias/a", "m1"), moving)
	r.refuse(&StopEncryption{orders}, moving)
	r.finish()
	x = r.orders()
	if x.Status != types.StreamStatusActive || x.KeyID != "alias/a" || x.KeyVersion() != 1 || x.Keys[0].MasterARN != "m1" {
		t.Errorf("%+v", x)
	}
	r.terms.DelayMillis = 0
	r.must(startEncryption("alias/b", "m2"))
	r.must(&StopEncryption{orders})
	r.must(&StopEncryption{orders}) // which it is
	stopped := r.orders()
	if stopped.Encrypted() || stopped.KeyVersion() != 2 || stopped.Keys[1].MasterARN != "m2" || x.KeyVersion() != 1 {
		t.Errorf("%+v", stopped)
	}
}

func TestEncryptionQuota(t *testing.T) {
	r := testRig(t)
	r.create(1)
	r.terms.Quotas.EncryptionsPerDay = 25
	for range 25 {
		r.must(startEncryption("alias/a", "m1"))
		r.must(&StopEncryption{orders})
		r.terms.AtMillis++
	}
	const exceeded = "LimitExceededException: Rate exceeded for stream orders under account 000000000000."
	r.refuse(startEncryption("alias/a", "m1"), exceeded)
	r.terms.AtMillis = t0 + dayMillis
	r.must(startEncryption("alias/a", "m1"))
	r.refuse(startEncryption("alias/a", "m1"), exceeded)
}

// No two claims get the same lot, whatever happens between them.
func TestClaimLot(t *testing.T) {
	r := testRig(t)
	r.create(1)
	id := r.orders().ID
	claim := func(version uint32, want Claim) {
		t.Helper()
		if got := r.must(&ClaimLot{Stream: id, Version: version}); got != want {
			t.Errorf("version %d: got %+v, want %+v", version, got, want)
		}
	}
	claim(0, Claim{})
	claim(1, Claim{})
	r.must(startEncryption("alias/a", "m1"))
	before := r.orders()
	claim(1, Claim{true, 0})
	claim(1, Claim{true, 1})
	if before.Keys[0].Lots != 0 {
		t.Error("an old version changed")
	}
	r.must(&ReplaceKey{Stream: id, Version: 0, Key: DataKey{MasterARN: "late"}})
	r.must(&ReplaceKey{Stream: id, Version: 1, Key: DataKey{MasterARN: "m1"}})
	r.must(&ReplaceKey{Stream: id, Version: 1, Key: DataKey{MasterARN: "twice"}})
	claim(2, Claim{true, 0})
	claim(3, Claim{})
	r.must(&StopEncryption{orders})
	claim(1, Claim{true, 2}) // of a put that began before
	for lot := uint32(1); lot < LotsOfAKey; lot++ {
		claim(2, Claim{true, lot})
	}
	claim(2, Claim{})
	r.must(&DeleteStream{Ref: orders})
	claim(1, Claim{})
}
