package tables

import (
	"bytes"
	"encoding/hex"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/leat-io/leat/service/dynamodb/attr"
	"github.com/leat-io/leat/service/dynamodb/expr"
	"github.com/leat-io/leat/storage"
)

// TestForms holds the forms of docs/formats/tables.md fast: what is in a log or
// a snapshot today must be understood for ever.
func TestForms(t *testing.T) {
	owner := Owner{"000000000000", "us-east-1"}
	create := Encode(&Create{Table: Table{
		Ref: Ref{owner, "app"}, Keys: Keys{Hash: KeyAttribute{"id", "S"}}, Billing: types.BillingModePayPerRequest,
		Attributes: []types.AttributeDefinition{{AttributeName: aws.String("id"), AttributeType: "S"}},
		Indexes:    []Index{{Name: "by", Keys: Keys{Hash: KeyAttribute{"o", "S"}, Range: KeyAttribute{"n", "N"}}, Projection: types.ProjectionTypeKeysOnly}},
	}}, Terms{AtMillis: 1700000000500, DelayMillis: 0})
	want := `{"kind":"create_table","version":1,"terms":{"at":1700000000500},"command":{"table":{"account":"000000000000",` +
		`"region":"us-east-1","name":"app","id":0,"created":0,"keys":{"hash":{"name":"id","type":"S"}},` +
		`"attributes":[{"AttributeName":"id","AttributeType":"S"}],"indexes":[{"name":"by","keys":{"hash":{"name":"o","type":"S"},` +
		`"range":{"name":"n","type":"N"}},"projection":"KEYS_ONLY"}],"billing":"PAY_PER_REQUEST"}}}`
	if string(create) != want {
		t.Errorf("definition\n got %s\nwant %s", create, want)
	}
	key := attr.Item{"id": attr.String("a")}
	one := &types.AttributeValueMemberN{Value: "1"}
	writes := AppendWrites(nil, 1700000000777)
	writes = AppendWrite(writes, &Write{Ops: []Op{{Kind: Put, Table: 1, Item: attr.Item{
		"id": attr.String("a"), "n": one, "b": &types.AttributeValueMemberB{Value: []byte{0xff}},
		"t": &types.AttributeValueMemberBOOL{Value: true}, "f": &types.AttributeValueMemberBOOL{}, "z": &types.AttributeValueMemberNULL{Value: true},
		"m": &types.AttributeValueMemberM{Value: key}, "l": &types.AttributeValueMemberL{Value: []attr.Value{one}},
		"ss": &types.AttributeValueMemberSS{Value: []string{"x"}}, "ns": &types.AttributeValueMemberNS{Value: []string{"2"}},
		"bs": &types.AttributeValueMemberBS{Value: [][]byte{{1}}},
	}}}})
	writes = AppendWrite(writes, &Write{
		Token: Token{owner, "tok"}, Digest: 0x0102030405060708,
		Ops: []Op{{
			Kind: Update, Table: 1, Item: key,
			Condition: &expr.Node{Op: expr.Equal, Args: []*expr.Node{
				{Op: expr.PathOp, Path: expr.Path{{Name: "l"}, {Index: 0}}}, {Op: expr.ValueOp, Value: one},
			}},
			Update: &expr.Update{Actions: []expr.Action{
				{Kind: expr.Remove, Path: expr.Attribute("z")},
				{Kind: expr.Add, Path: expr.Attribute("n"), Value: &expr.Node{Op: expr.ValueOp, Value: one}, Legacy: true},
			}},
		}},
	})
	checkHex(t, "writes", writes, `
		01 89d695ffbc31
		00 00 00 01  01 01 0b
		01 62 03 01 ff  02 6273 0b 01 01 01  01 66 05  02 6964 01 01 61  01 6c 08 01 02 01 31  01 6d 07 01 02 6964 01 01 61
		01 6e 02 01 31  02 6e73 0a 01 01 32  02 7373 09 01 01 78  01 74 04  01 7a 06
		00
		0c 303030303030303030303030 09 75732d656173742d31 03 746f6b 0102030405060708 01
		03 01 01 02 6964 01 01 61
		04 02  20 02 01 6c 00 00  21 02 01 31
		00 02  02 00 01 01 7a 00  03 01 01 01 6e 21 02 01 31`)
	state := New()
	state.Apply(create, new(storage.Effects))
	for _, r := range state.Apply(writes, new(storage.Effects)).([]Result) {
		if r.Refused {
			t.Errorf("refused: %+v", r)
		}
	}
	var snapshot bytes.Buffer
	if err := state.Snapshot()(&snapshot); err != nil {
		t.Fatal(err)
	}
	definition := `{"account":"000000000000","region":"us-east-1","name":"app","id":1,"created":1700000000500,` +
		want[strings.Index(want, `"keys":`):len(want)-2]
	checkHex(t, "snapshot", snapshot.Bytes(), `
		01 02 89d695ffbc31
		01 0c 303030303030303030303030 09 75732d656173742d31 03 746f6b 0102030405060708 89d695ffbc31
		01 `+lengthOf(definition)+hex.EncodeToString([]byte(definition))+`
		01 0a
		01 62 03 01 ff  02 6273 0b 01 01 01  01 66 05  02 6964 01 01 61  01 6c 08 01 02 01 31  01 6d 07 01 02 6964 01 01 61
		01 6e 02 01 32  02 6e73 0a 01 01 32  02 7373 09 01 01 78  01 74 04`)
}

// lengthOf returns the length of a text as a varint.
func lengthOf(text string) string {
	form := attr.AppendText(nil, text)
	return hex.EncodeToString(form[:len(form)-len(text)])
}

func checkHex(t *testing.T, what string, got []byte, want string) {
	t.Helper()
	bytes, err := hex.DecodeString(strings.Join(strings.Fields(want), ""))
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != string(bytes) {
		t.Errorf("%s\n got %x\nwant %x", what, got, bytes)
	}
}

// TestRestoreRefuses checks that a snapshot that is cut off, or of another
// version, is not taken for one.
func TestRestoreRefuses(t *testing.T) {
	state := New()
	state.Apply(Encode(&Create{Table: Table{Ref: Ref{Name: "t"}, Keys: Keys{Hash: KeyAttribute{"id", "S"}}}}, Terms{AtMillis: 5}), nil)
	writes := AppendWrites(nil, 7)
	writes = AppendWrite(writes, &Write{Token: Token{Text: "x"}, Ops: []Op{{Kind: Put, Table: 1, Item: attr.Item{"id": attr.String("a")}}}})
	state.Apply(writes, nil)
	var buf bytes.Buffer
	if err := state.Snapshot()(&buf); err != nil {
		t.Fatal(err)
	}
	whole := buf.Bytes()
	for n := range whole {
		if err := New().Restore(bytes.NewReader(whole[:n])); err == nil {
			t.Errorf("%d of %d bytes were taken", n, len(whole))
		}
	}
	if err := New().Restore(bytes.NewReader(append([]byte{2}, whole[1:]...))); err == nil {
		t.Error("version 2 was taken")
	}
	if err := New().Restore(bytes.NewReader(append(bytes.Clone(whole), 0))); err == nil {
		t.Error("a byte more was taken")
	}
}
