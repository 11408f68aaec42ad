package aggregation

import (
	"slices"
	"testing"

	"google.golang.org/protobuf/encoding/prototext"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protodesc"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/descriptorpb"
	"google.golang.org/protobuf/types/dynamicpb"
)

// schema is the three messages, for a parser of protocol buffers that is not
// ours.
const schema = `
name: "aggregation.proto"  syntax: "proto2"
message_type {
  name: "AggregatedRecord"
  field { name: "partition_key_table"     number: 1  type: TYPE_STRING   label: LABEL_REPEATED }
  field { name: "explicit_hash_key_table" number: 2  type: TYPE_STRING   label: LABEL_REPEATED }
  field { name: "records"                 number: 3  type: TYPE_MESSAGE  label: LABEL_REPEATED  type_name: ".Record" }
}
message_type {
  name: "Record"
  field { name: "partition_key_index"     number: 1  type: TYPE_UINT64   label: LABEL_REQUIRED }
  field { name: "explicit_hash_key_index" number: 2  type: TYPE_UINT64   label: LABEL_OPTIONAL }
  field { name: "data"                    number: 3  type: TYPE_BYTES    label: LABEL_REQUIRED }
  field { name: "tags"                    number: 4  type: TYPE_MESSAGE  label: LABEL_REPEATED  type_name: ".Tag" }
}
message_type {
  name: "Tag"
  field { name: "key"    number: 1  type: TYPE_STRING  label: LABEL_REQUIRED }
  field { name: "value"  number: 2  type: TYPE_STRING  label: LABEL_OPTIONAL }
}`

// aggregatedRecord returns the oracle's message.
func aggregatedRecord(t testing.TB) protoreflect.MessageDescriptor {
	t.Helper()
	file := new(descriptorpb.FileDescriptorProto)
	if err := prototext.Unmarshal([]byte(schema), file); err != nil {
		t.Fatal(err)
	}
	made, err := protodesc.NewFile(file, nil)
	if err != nil {
		t.Fatal(err)
	}
	return made.Messages().ByName("AggregatedRecord")
}

// FuzzSurvey holds our reading of messages against the oracle's: what that can
// parse, ours can, and finds the same in it. (Ours, like Java's, also takes
// numbers with bits beyond the 64th.)
func FuzzSurvey(f *testing.F) {
	f.Add([]byte(pack(f, user("a", "x"), user("b/17", "y"))[len(magic):][:20]))
	f.Add([]byte("\x0a\x01a\x1a\x05\x08\x00\x1a\x01x\x1a\x05\x08\x00\x1a\x01y"))
	f.Add([]byte("\x1a\x0d\x08\x00\x1a\x00\x22\x03\x0a\x01n\x22\x02\x12\x00\x2b\x30\x01\x2c"))
	kind := aggregatedRecord(f)
	f.Fuzz(func(t *testing.T, data []byte) {
		parsed := dynamicpb.NewMessage(kind)
		oracleErr := proto.Unmarshal(data, parsed)
		c, ok := survey(data)
		if oracleErr != nil {
			return
		}
		list := func(n protoreflect.FieldNumber) protoreflect.List {
			return parsed.Get(kind.Fields().ByNumber(n)).List()
		}
		if !ok || c.partitionKeys != list(1).Len() || c.explicitHashKeys != list(2).Len() || c.records != list(3).Len() {
			t.Fatalf("%x: survey says %v, %+v; it is %v", data, ok, c, parsed)
		}
		at := 0
		for m := message(data); len(m) > 0; {
			tag, _ := m.tag()
			if tag != tagRecords {
				m.skip(tag, 0)
				continue
			}
			b, _ := m.bytes()
			r, _ := readRecord(b)
			want := list(3).Get(at).Message()
			field := func(n protoreflect.FieldNumber) protoreflect.Value {
				return want.Get(want.Descriptor().Fields().ByNumber(n))
			}
			if r.partitionKey != field(1).Uint() || r.hasExplicitHashKey != want.Has(want.Descriptor().Fields().ByNumber(2)) ||
				r.explicitHashKey != field(2).Uint() || !slices.Equal(r.data, field(3).Bytes()) {
				t.Fatalf("%x: record %d is %+v; it is %v", data, at, r, want)
			}
			at++
		}
	})
}
