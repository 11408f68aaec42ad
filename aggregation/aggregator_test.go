package aggregation

import (
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/leat-io/leat/stream"
)

// TestLone sees that one user record travels as it is, unless consumers would
// take it for an aggregate.
func TestLone(t *testing.T) {
	hashOfK := stream.HashPartitionKey([]byte("k"))
	inner := string(pack(t, user("a", "x"), user("a", "y")))
	for _, c := range []struct {
		record  UserRecord
		key     string
		hashKey stream.HashKey
		wrapped bool
	}{
		{user("k", "hello"), "k", hashOfK, false},
		{user("k", ""), "k", hashOfK, false},
		{user("k/7", "hello"), "k", stream.HashKey{Lo: 7}, false},
		{user("k", strings.Repeat("x", 2*DefaultMaxSize)), "k", hashOfK, false},
		{user("k", inner), "a", hashOfK, true},
	} {
		var a Aggregator
		if ok, err := a.Add(c.record); !ok || err != nil {
			t.Fatal(ok, err)
		}
		data := a.AppendData([]byte{})
		got, aggregated, err := Deaggregate(nil, data, everywhere)
		if !aggregated {
			got = []UserRecord{{PartitionKey: a.PartitionKey(), Data: data, ExplicitHashKey: c.record.ExplicitHashKey}}
		}
		if err != nil || aggregated != c.wrapped || a.PartitionKey() != c.key || a.HashKey() != c.hashKey || a.Size() != len(data) ||
			!reflect.DeepEqual(got, []UserRecord{c.record}) {
			t.Errorf("%.20q: key %s, hash key %v, wrapped %v, %v", c.record.Data, a.PartitionKey(), a.HashKey(), aggregated, err)
		}
	}
}

// TestFull fills aggregates to the byte.
func TestFull(t *testing.T) {
	two := len(pack(t, user("k", "first"), user("l/5", "second")))
	for _, c := range []struct {
		maxSize, maxCount, want int
	}{
		{two, 0, 2}, {two - 1, 0, 1}, {two, 1, 1}, {two, 2, 2}, {1, 0, 1},
	} {
		a := Aggregator{MaxSize: c.maxSize, MaxCount: c.maxCount}
		for range 2 { // the second time with used memory
			a.Reset()
			a.Add(user("k", "first"))
			before := string(a.AppendData(nil))
			ok, err := a.Add(user("l/5", "second"))
			if err != nil || a.Count() != c.want || ok != (c.want == 2) {
				t.Errorf("%+v: took %d, %v, %v", c, a.Count(), ok, err)
			}
			if after := string(a.AppendData(nil)); !ok && after != before {
				t.Errorf("%+v: what did not fit changed %x into %x", c, before, after)
			}
		}
	}
}

func TestAddRefuses(t *testing.T) {
	for _, c := range []struct {
		record UserRecord
		err    error
	}{
		{user("k\xff", "x"), ErrPartitionKey},
		{user("k/x", "x"), stream.ErrHashKey},
		{user("k/-1", "x"), stream.ErrHashKey},
		{user("k/340282366920938463463374607431768211456", "x"), stream.ErrHashKey},
	} {
		var a Aggregator
		for n := range 2 {
			if ok, err := a.Add(c.record); ok || !errors.Is(err, c.err) || a.Count() != n {
				t.Errorf("%+v beside %d: %v, %v", c.record, n, ok, err)
			}
			a.Add(user("k", "good"))
		}
	}
}

// FuzzRoundTrip packs user records and takes them out again: the same ones, in
// their order, whatever an aggregate may hold.
func FuzzRoundTrip(f *testing.F) {
	f.Fuzz(rapid.MakeFuzz(roundTrip))
}

func TestRoundTrip(t *testing.T) { rapid.Check(t, roundTrip) }

func roundTrip(t *rapid.T) {
	record := rapid.Custom(func(t *rapid.T) UserRecord {
		r := UserRecord{
			PartitionKey: rapid.OneOf(rapid.SampledFrom([]string{"a", "b", "schlüssel"}), rapid.StringN(1, 256, -1)).Draw(t, "key"),
			Data:         rapid.SliceOfN(rapid.Byte(), 0, 300).Draw(t, "data"),
		}
		if rapid.Bool().Draw(t, "explicit") {
			r.ExplicitHashKey = stream.HashKey{Hi: rapid.Uint64().Draw(t, "hi"), Lo: rapid.Uint64Range(0, 3).Draw(t, "lo")}.String()
		}
		return r
	})
	in := rapid.SliceOfN(record, 1, 300).Draw(t, "records")
	a := Aggregator{MaxSize: rapid.IntRange(1, 9000).Draw(t, "size"), MaxCount: rapid.IntRange(0, 200).Draw(t, "count")}
	var out []UserRecord
	flush := func() {
		count, data := a.Count(), a.AppendData(nil)
		if hashKey, _ := in[len(out)].HashKey(); len(data) != a.Size() || a.HashKey() != hashKey || count > 1 && len(data) > a.MaxSize {
			t.Fatalf("%d user records, %d of %d bytes, at %v", count, len(data), a.Size(), a.HashKey())
		}
		records, aggregated, err := Deaggregate(nil, data, everywhere)
		if !aggregated {
			records = []UserRecord{{PartitionKey: a.PartitionKey(), Data: data, ExplicitHashKey: in[len(out)].ExplicitHashKey}}
		}
		if err != nil || len(records) != count {
			t.Fatalf("%d of %d user records: %v", len(records), count, err)
		}
		out = append(out, records...)
		a.Reset()
	}
	for _, r := range in {
		ok, err := a.Add(r)
		if !ok && err == nil {
			flush()
			ok, err = a.Add(r)
		}
		if !ok || err != nil {
			t.Fatalf("add %+v: %v, %v", r, ok, err)
		}
	}
	flush()
	if fmt.Sprint(out) != fmt.Sprint(in) {
		t.Fatalf("%v came back as %v", in, out)
	}
}
