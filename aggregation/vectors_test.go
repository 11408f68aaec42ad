package aggregation

import (
	"encoding/hex"
	"reflect"
	"strings"
	"testing"

	"github.com/leat-io/leat/stream"
)

// everywhere is the range of a shard that owns all hash keys.
var everywhere = stream.HashKeyRange{End: stream.MaxHashKey}

// user makes a user record; a key may have an explicit hash key behind a slash.
func user(key, data string) UserRecord {
	r := UserRecord{Data: []byte(data)}
	r.PartitionKey, r.ExplicitHashKey, _ = strings.Cut(key, "/")
	return r
}

// unhex reads bytes in hexadecimal, spaces aside.
func unhex(t testing.TB, text string) []byte {
	t.Helper()
	b, err := hex.DecodeString(strings.ReplaceAll(text, " ", ""))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// pack adds records to an aggregator that takes any number, and returns what it
// makes of them.
func pack(t testing.TB, records ...UserRecord) []byte {
	t.Helper()
	a := Aggregator{MaxSize: 1 << 30}
	for _, r := range records {
		if ok, err := a.Add(r); !ok || err != nil {
			t.Fatalf("add %+v: %v, %v", r, ok, err)
		}
	}
	data := a.AppendData(nil)
	if a.Size() != len(data) {
		t.Fatalf("Size says %d of %d bytes", a.Size(), len(data))
	}
	return data
}

// TestVectors holds both directions against bytes that the KPL writes
// (spec clients §1.2).
func TestVectors(t *testing.T) {
	for _, c := range []struct {
		records []UserRecord
		hex     string
	}{
		{[]UserRecord{user("a", "hello"), user("a", "world")},
			"f3899ac2 0a0161 1a0908001a0568656c6c6f 1a0908001a05776f726c64 95dc6567da1ab6d7868d9fce34d10c22"},
		{[]UserRecord{user("p1/0", "x"), user("p1", "y")},
			"f3899ac2 0a027031 120130 1a0708001000 1a0178 1a0508001a0179 4348022439fe53508db69f8da61ab543"},
	} {
		data := unhex(t, c.hex)
		if got := pack(t, c.records...); !reflect.DeepEqual(got, data) {
			t.Errorf("%v:\n%x, want\n%x", c.records, got, data)
		}
		got, aggregated, err := Deaggregate(nil, data, everywhere)
		if err != nil || !aggregated || !reflect.DeepEqual(got, c.records) {
			t.Errorf("%x: %+v, %v, %v", data, got, aggregated, err)
		}
	}
}
