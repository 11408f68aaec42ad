package entry

import (
	"bytes"
	"errors"
	"testing"

	"pgregory.net/rapid"

	"github.com/leat-io/leat/storage"
	"github.com/leat-io/leat/stream"
)

// drawRecord draws any record that Append accepts, small ones mostly.
func drawRecord(t *rapid.T) storage.Record {
	r := storage.Record{
		Shard:         rapid.Uint32().Draw(t, "shard"),
		PartitionKey:  rapid.SliceOfN(rapid.Byte(), 0, 256).Draw(t, "key"),
		Data:          rapid.SliceOfN(rapid.Byte(), 0, 20_000).Draw(t, "data"),
		Offset:        storage.Offset(rapid.Uint64().Draw(t, "offset")),
		ArrivalMillis: rapid.Int64().Draw(t, "arrival"),
	}
	if rapid.Bool().Draw(t, "explicit") {
		r.HasExplicitHashKey = true
		r.ExplicitHashKey = stream.HashKey{Hi: rapid.Uint64().Draw(t, "hi"), Lo: rapid.Uint64().Draw(t, "lo")}
	}
	if rapid.Bool().Draw(t, "sealed") {
		r.KeyVersion = rapid.Uint32Min(1).Draw(t, "key version")
	}
	return r
}

func TestRecordEntryRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want := drawRecord(t)
		id := storage.StreamID(rapid.Uint32().Draw(t, "stream"))
		payload := AppendRecordEntry([]byte("before"), id, &want)[len("before"):]
		if n := len(want.PartitionKey) + len(want.Data) + MaxOverhead; len(payload) > n {
			t.Fatalf("entry of %d bytes, at most %d promised", len(payload), n)
		}
		payload = append(payload, "after"...)
		kind, body, rest, err := Next(payload)
		if err != nil || kind != Record || string(rest) != "after" {
			t.Fatalf("Next: %v %q %v", kind, rest, err)
		}
		key, offset, form, err := RecordBody(body)
		if err != nil || key != (storage.ShardKey{Stream: id, Shard: want.Shard}) || len(form) != RecordSize(&want) {
			t.Fatalf("RecordBody: %v, form of %d, want %d: %v", key, len(form), RecordSize(&want), err)
		}
		got := storage.Record{Shard: key.Shard, Offset: offset}
		if n, err := DecodeRecord(form, &got); err != nil || n != len(form) {
			t.Fatalf("DecodeRecord: %d of %d, %v", n, len(form), err)
		}
		if !bytes.Equal(got.Data, want.Data) || !bytes.Equal(got.PartitionKey, want.PartitionKey) ||
			got.Offset != want.Offset || got.KeyVersion != want.KeyVersion || got.ArrivalMillis != want.ArrivalMillis ||
			got.HasExplicitHashKey != want.HasExplicitHashKey || got.ExplicitHashKey != want.ExplicitHashKey {
			t.Fatalf("got %+v, want %+v", got, want)
		}
	})
}

func TestOtherEntries(t *testing.T) {
	key := storage.ShardKey{Stream: 7, Shard: 3}
	payload := AppendCommand(nil, "kinesis", []byte(`{"a":1}`))
	payload = AppendTrim(payload, key, 99)
	payload = AppendExtent(payload, []byte("meta"))
	payload = AppendReplacement(payload, []byte("moved"))
	payload = AppendCheckpoint(payload, 4096)

	kind, body, payload, err := Next(payload)
	if machine, command, err2 := CommandBody(body); err != nil || err2 != nil || kind != Command || machine != "kinesis" || string(command) != `{"a":1}` {
		t.Errorf("command: %v %q %q", kind, machine, command)
	}
	kind, body, payload, err = Next(payload)
	if k, first, err2 := TrimBody(body); err != nil || err2 != nil || kind != Trim || k != key || first != 99 {
		t.Errorf("trim: %v %v %d", kind, k, first)
	}
	kind, body, payload, err = Next(payload)
	if err != nil || kind != Extent || string(body) != "meta" {
		t.Errorf("extent: %v %q", kind, body)
	}
	kind, body, payload, err = Next(payload)
	if err != nil || kind != Replacement || string(body) != "moved" {
		t.Errorf("replacement: %v %q", kind, body)
	}
	kind, body, payload, err = Next(payload)
	if lsn, err2 := CheckpointBody(body); err != nil || err2 != nil || kind != Checkpoint || lsn != 4096 || len(payload) != 0 {
		t.Errorf("checkpoint: %v %d", kind, lsn)
	}
}

// FuzzDecode feeds the decoders garbage: they give ErrMalformed or views of
// the input, and never panic.
func FuzzDecode(f *testing.F) {
	r := storage.Record{PartitionKey: []byte("key"), Data: []byte("data"), HasExplicitHashKey: true}
	f.Add(AppendRecordEntry(nil, 1, &r))
	f.Add(AppendCommand(nil, "kinesis", []byte("{}")))
	f.Add(AppendTrim(nil, storage.ShardKey{}, 1))
	f.Add([]byte{0})
	f.Add([]byte{0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1})
	f.Fuzz(func(t *testing.T, src []byte) {
		check := func(err error) {
			if err != nil && !errors.Is(err, ErrMalformed) {
				t.Fatalf("unexpected error %v", err)
			}
		}
		for len(src) > 0 {
			_, body, rest, err := Next(src)
			check(err)
			if err != nil {
				return
			}
			if len(rest) >= len(src) {
				t.Fatal("no progress")
			}
			src = rest
			if _, _, form, err := RecordBody(body); err == nil {
				var got storage.Record
				n, err := DecodeRecord(form, &got)
				check(err)
				if n > len(form) {
					t.Fatalf("record of %d bytes in %d", n, len(form))
				}
			}
			_, _, err = CommandBody(body)
			check(err)
			_, _, err = TrimBody(body)
			check(err)
			_, err = CheckpointBody(body)
			check(err)
		}
	})
}
