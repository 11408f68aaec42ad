package aggregation

import (
	"crypto/md5"
	"errors"
	"reflect"
	"strings"
	"testing"

	"google.golang.org/protobuf/encoding/protowire"

	"github.com/leat-io/leat/stream"
)

// seal makes an aggregate of any message.
func seal(message []byte) []byte {
	sum := md5.Sum(message)
	return append(append([]byte(magic), message...), sum[:]...)
}

// field appends a field of bytes.
func field(m []byte, number protowire.Number, data string) []byte {
	return protowire.AppendString(protowire.AppendTag(m, number, protowire.BytesType), data)
}

// number appends a field that is a number.
func number(m []byte, field protowire.Number, v uint64) []byte {
	return protowire.AppendVarint(protowire.AppendTag(m, field, protowire.VarintType), v)
}

// rec makes a Record of its two indices, -1 for none, and its data.
func rec(partitionKey, explicitHashKey int64, data string) string {
	m := number(nil, 1, uint64(partitionKey))
	if explicitHashKey >= 0 {
		m = number(m, 2, uint64(explicitHashKey))
	}
	return string(field(m, 3, data))
}

// TestPlain lists what is no aggregate (spec clients §1.5, 1 to 3).
func TestPlain(t *testing.T) {
	whole := pack(t, user("a", "hello"), user("a", "world"))
	changed := func(at int) []byte {
		data := append([]byte(nil), whole...)
		data[(at+len(data))%len(data)]++
		return data
	}
	keyed := field(nil, 1, "k")
	for what, data := range map[string][]byte{
		"nothing":                      nil,
		"shorter than the magic":       []byte(magic[:3]),
		"the magic alone":              []byte(magic),
		"an empty message":             seal(nil),
		"a changed magic":              changed(0),
		"a changed message":            changed(9),
		"a changed digest":             changed(-1),
		"a byte too many":              append(append([]byte(nil), whole...), 0),
		"a record without a key":       seal(field(keyed, 3, string(field(nil, 3, "x")))),
		"a record without data":        seal(field(keyed, 3, string(number(nil, 1, 0)))),
		"a good and a bad record":      seal(field(field(keyed, 3, rec(0, -1, "x")), 3, "")),
		"a tag without a key":          seal(field(keyed, 3, string(field([]byte(rec(0, -1, "x")), 4, string(field(nil, 2, "v")))))),
		"a key table that is cut off":  seal([]byte{tagPartitionKeyTable, 5, 'k'}),
		"a varint of eleven bytes":     seal(append([]byte{5 << 3}, strings.Repeat("\xff", 10)+"\x00"...)),
		"a varint that is cut off":     seal([]byte{5 << 3, 0x80}),
		"a length of 2^64-1":           seal(append([]byte{tagPartitionKeyTable}, "\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"...)),
		"field 0":                      seal([]byte{0, 0}),
		"type 6":                       seal([]byte{5<<3 | 6}),
		"the end of no group":          seal([]byte{5<<3 | typeGroupEnd}),
		"a group without end":          seal([]byte{5<<3 | typeGroup}),
		"a group that another ends":    seal([]byte{5<<3 | typeGroup, 6<<3 | typeGroupEnd}),
		"four bytes that are only two": seal([]byte{5<<3 | typeFixed32, 1, 2}),
		"groups in 101 groups":         seal([]byte(strings.Repeat("\x2b", maxGroups+1) + strings.Repeat("\x2c", maxGroups+1))),
	} {
		dst := []UserRecord{user("k", "before")}
		got, aggregated, err := Deaggregate(dst, data, everywhere)
		if aggregated || err != nil || len(got) != 1 {
			t.Errorf("%s: %+v, %v, %v", what, got, aggregated, err)
		}
	}
}

// TestUnusual lists what is an aggregate although the KPL writes no such thing.
func TestUnusual(t *testing.T) {
	keyed := field(nil, 1, "k")
	x := rec(0, -1, "x")
	one := []UserRecord{user("k", "x")}
	for what, c := range map[string]struct {
		message []byte
		want    []UserRecord
	}{
		"no records":                       {keyed, nil},
		"a table behind the records":       {field(field(nil, 3, x), 1, "k"), one},
		"empty data":                       {field(keyed, 3, rec(0, -1, "")), []UserRecord{user("k", "")}},
		"tags":                             {field(keyed, 3, string(field([]byte(x), 4, string(field(field(nil, 1, "n"), 2, "v"))))), one},
		"a tag without a value":            {field(keyed, 3, string(field([]byte(x), 4, string(field(nil, 1, "n"))))), one},
		"fields that nobody knows":         {field(number(field(keyed, 9, "z"), 10, 1), 3, x), one},
		"a known field of another type":    {field(number(keyed, 1, 7), 3, x), one},
		"a group":                          {field(append(keyed[:len(keyed):len(keyed)], 5<<3|typeGroup, 6<<3, 1, 5<<3|typeGroupEnd), 3, x), one},
		"groups in 100 groups":             {field(append(keyed[:len(keyed):len(keyed)], strings.Repeat("\x2b", maxGroups)+strings.Repeat("\x2c", maxGroups)...), 3, x), one},
		"data twice":                       {field(keyed, 3, string(field([]byte(rec(0, -1, "old")), 3, "x"))), one},
		"an index of ten bytes":            {field(keyed, 3, "\x08\x80\x80\x80\x80\x80\x80\x80\x80\x80\x7e\x1a\x01x"), one},
		"an index of 2^32":                 {field(keyed, 3, rec(1<<32, -1, "x")), one},
		"one entry of the table a record":  {field(field(field(keyed, 1, "k"), 3, x), 3, rec(1, -1, "y")), []UserRecord{user("k", "x"), user("k", "y")}},
		"a key that is not UTF-8":          {field(field(nil, 1, "k\xff"), 3, x), []UserRecord{user("k\uFFFD", "x")}},
		"an explicit hash key with a sign": {field(field(keyed, 2, "+7"), 3, rec(0, 0, "x")), []UserRecord{user("k/+7", "x")}},
		"less than nothing, which is 0":    {field(field(keyed, 2, "-0"), 3, rec(0, 0, "x")), []UserRecord{user("k/-0", "x")}},
	} {
		got, aggregated, err := Deaggregate(nil, seal(c.message), everywhere)
		if !aggregated || err != nil || len(got) != len(c.want) || len(got) > 0 && !reflect.DeepEqual(got, c.want) {
			t.Errorf("%s: %+v, %v, %v", what, got, aggregated, err)
		}
	}
}

// TestMalformed lists aggregates of which only the beginning can be read.
func TestMalformed(t *testing.T) {
	keyed := field(field(field(nil, 1, "k"), 2, "1"), 2, "one")
	keyed = field(keyed, 2, "")
	for reason, bad := range map[string]string{
		"partition key 1 of 1":                 rec(1, -1, "x"),
		"partition key -1 of 1":                rec(1<<32-1, -1, "x"),
		"explicit hash key 3 of 3":             rec(0, 3, "x"),
		`explicit hash key "one" is no number`: rec(0, 1, "x"),
		`explicit hash key "" is no number`:    rec(0, 2, "x"),
	} {
		m := field(field(field(keyed[:len(keyed):len(keyed)], 3, rec(0, 0, "first")), 3, bad), 3, rec(0, -1, "last"))
		got, aggregated, err := Deaggregate(nil, seal(m), everywhere)
		malformed, _ := errors.AsType[*MalformedError](err)
		if !aggregated || len(got) != 1 || string(got[0].Data) != "first" || malformed == nil || malformed.Record != 1 || malformed.Reason != reason {
			t.Errorf("%s: %+v, %v, %v", reason, got, aggregated, err)
		}
	}
}

// TestForeign sees that one user record of another shard discards all.
func TestForeign(t *testing.T) {
	halves := stream.Evenly(2)
	in := func(half int, data string) UserRecord {
		r := user("k", data)
		r.ExplicitHashKey = halves[half].Start.String()
		return r
	}
	aKey := user("a", "hashes to 0c…, in the lower half")
	for _, c := range []struct {
		what    string
		records []UserRecord
		within  stream.HashKeyRange
		foreign bool
	}{
		{"all in the lower half", []UserRecord{in(0, "x"), aKey}, halves[0], false},
		{"the upper half's last", []UserRecord{in(0, "x"), aKey, in(1, "y")}, halves[0], true},
		{"the upper half's first", []UserRecord{in(1, "y"), in(0, "x")}, halves[0], true},
		{"a hashed key of the lower half", []UserRecord{in(1, "y"), aKey}, halves[1], true},
		{"both halves owned", []UserRecord{in(1, "y"), aKey}, everywhere, false},
	} {
		dst := []UserRecord{user("k", "before")}
		got, aggregated, err := Deaggregate(dst, pack(t, c.records...), c.within)
		want := append(dst, c.records...)
		var wantErr error
		if c.foreign {
			want, wantErr = dst, ErrForeign
		}
		if !aggregated || err != wantErr || !reflect.DeepEqual(got, want) {
			t.Errorf("%s: %+v, %v, %v", c.what, got, aggregated, err)
		}
	}
	for _, text := range []string{"340282366920938463463374607431768211456", "-1", "9" + strings.Repeat("0", 70)} {
		m := field(field(field(field(nil, 1, "k"), 2, text), 3, rec(0, -1, "x")), 3, rec(0, 0, "y"))
		if got, aggregated, err := Deaggregate(nil, seal(m), everywhere); !aggregated || err != ErrForeign || len(got) != 0 {
			t.Errorf("%s: %+v, %v, %v", text, got, aggregated, err)
		}
	}
}

// FuzzDeaggregate holds decoding against itself: it never panics, and what it
// reads of an aggregate packs into one that reads the same.
func FuzzDeaggregate(f *testing.F) {
	f.Add([]byte("\x0a\x01a\x1a\x05\x08\x00\x1a\x01x\x1a\x05\x08\x00\x1a\x01y"), true)
	f.Add([]byte("\x0a\x01a\x12\x0217\x1a\x07\x08\x00\x10\x00\x1a\x01x"), true)
	f.Add([]byte("\x0a\x02\xff\xff\x12\x02+7\x1a\x07\x08\x00\x10\x00\x1a\x01x\x2b\x2c"), true)
	f.Add(seal(nil), false)
	f.Fuzz(func(t *testing.T, message []byte, sealed bool) {
		data := message
		if sealed {
			data = seal(message)
		}
		records, aggregated, err := Deaggregate(nil, data, everywhere)
		if !aggregated && (len(records) != 0 || err != nil) {
			t.Fatalf("a plain record gave %+v, %v", records, err)
		}
		if len(records) == 0 {
			return
		}
		for i := range records {
			// Signs are read, and never written.
			records[i].ExplicitHashKey = strings.TrimLeft(records[i].ExplicitHashKey, "+-")
		}
		back, aggregated, err := Deaggregate(nil, pack(t, records...), everywhere)
		if len(records) == 1 && !aggregated {
			return // packed as it is
		}
		if !aggregated || err != nil || !reflect.DeepEqual(back, records) {
			t.Fatalf("%+v came back as %+v, %v, %v", records, back, aggregated, err)
		}
	})
}
