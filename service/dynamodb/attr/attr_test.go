package attr

import (
	"bytes"
	"fmt"
	"math/big"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"pgregory.net/rapid"
)

func bs(texts ...string) Value {
	set := &types.AttributeValueMemberBS{}
	for _, text := range texts {
		set.Value = append(set.Value, []byte(text))
	}
	return set
}

func ns(texts ...string) Value { return &types.AttributeValueMemberNS{Value: texts} }
func ss(texts ...string) Value { return &types.AttributeValueMemberSS{Value: texts} }

func n(text string) *types.AttributeValueMemberN { return &types.AttributeValueMemberN{Value: text} }

func TestNumbers(t *testing.T) {
	nines := strings.Repeat("9", 38)
	for text, want := range map[string]string{
		"0": "0", "-0": "0", "0.000": "0", "1": "1", "+7": "7", "007": "7", "1.50": "1.5", ".5": "0.5", "5.": "5",
		"1e2": "100", "1.5E+1": "15", "120e-1": "12", "1E-3": "0.001", "-12.30": "-12.3", nines: nines,
		"1e125": "1" + strings.Repeat("0", 125), "1E-130": "0." + strings.Repeat("0", 129) + "1", "0e999999": "0",
	} {
		got, err := parse(text)
		if err != nil || got.String() != want {
			t.Errorf("%s is %s, %v, want %s", text, got, err, want)
		}
	}
	for text, want := range map[string]string{
		"":                                  "The parameter cannot be converted to a numeric value: ",
		"x":                                 "The parameter cannot be converted to a numeric value: x",
		"1x":                                "The parameter cannot be converted to a numeric value: 1x",
		"1e":                                "The parameter cannot be converted to a numeric value: 1e",
		"1e1.5":                             "The parameter cannot be converted to a numeric value: 1e1.5",
		"1..2":                              "The parameter cannot be converted to a numeric value: 1..2",
		"--1":                               "The parameter cannot be converted to a numeric value: --1",
		"-":                                 "The parameter cannot be converted to a numeric value: -",
		"1e126":                             "Number overflow. Attempting to store a number with magnitude larger than supported range",
		"1e-131":                            "Number underflow. Attempting to store a number with magnitude smaller than supported range",
		"1" + strings.Repeat("0", 37) + "1": "Attempting to store more than 38 significant digits in a Number",
	} {
		if got, err := parse(text); err == nil || err.Message != want {
			t.Errorf("%s is %s, %v, want %q", text, got, err, want)
		}
	}
}

// anyNumber draws numbers of all magnitudes.
var anyNumber = rapid.Custom(func(t *rapid.T) string {
	digits := rapid.StringMatching(`[0-9]{1,38}`).Draw(t, "digits")
	sign := rapid.SampledFrom([]string{"", "-"}).Draw(t, "sign")
	return fmt.Sprintf("%s%se%d", sign, digits, rapid.IntRange(-60, 60).Draw(t, "power"))
})

func rational(t *rapid.T, text string) *big.Rat {
	x, ok := new(big.Rat).SetString(text)
	if !ok {
		t.Fatalf("no number: %s", text)
	}
	return x
}

// TestArithmetic compares sums, differences, order and notation with those of
// math/big.
func TestArithmetic(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, b := anyNumber.Draw(t, "a"), anyNumber.Draw(t, "b")
		x, err := parse(a)
		if err != nil {
			t.Fatal(err)
		}
		y, err := parse(b)
		if err != nil {
			t.Fatal(err)
		}
		p, q := rational(t, a), rational(t, b)
		if rational(t, x.String()).Cmp(p) != 0 {
			t.Fatalf("%s became %s", a, x)
		}
		if got := x.compare(y); sign(got) != p.Cmp(q) {
			t.Fatalf("order is %d, want %d", got, p.Cmp(q))
		}
		if got := bytes.Compare(AppendKey(nil, n(a)), AppendKey(nil, n(b))); got != p.Cmp(q) {
			t.Fatalf("order of keys is %d, want %d", got, p.Cmp(q))
		}
		for _, minus := range []bool{false, true} {
			want := new(big.Rat).Add(p, q)
			if minus {
				want.Sub(p, q)
			}
			got, err := Add(n(x.String()), n(y.String()), minus)
			if err == nil && rational(t, got.Value).Cmp(want) != 0 {
				t.Fatalf("got %s, want %s", got.Value, want.FloatString(100))
			}
			if _, refused := parse(want.FloatString(200)); (err == nil) != (refused == nil) {
				t.Fatalf("got %v, want %v", err, refused)
			}
		}
	})
}

func sign(x int) int { return max(-1, min(x, 1)) }

// anyValue draws values of all types, down to a depth.
func anyValue(depth int) *rapid.Generator[Value] {
	return rapid.Custom(func(t *rapid.T) Value {
		kinds := 10
		if depth == 0 {
			kinds = 8
		}
		switch rapid.IntRange(1, kinds).Draw(t, "kind") {
		case 1:
			return String(rapid.String().Draw(t, "S"))
		case 2:
			return n(mustParse(anyNumber.Draw(t, "N")).String())
		case 3:
			return &types.AttributeValueMemberB{Value: rapid.SliceOf(rapid.Byte()).Draw(t, "B")}
		case 4:
			return &types.AttributeValueMemberBOOL{Value: rapid.Bool().Draw(t, "BOOL")}
		case 5:
			return &types.AttributeValueMemberNULL{Value: true}
		case 6:
			return &types.AttributeValueMemberSS{Value: rapid.SliceOfNDistinct(rapid.StringN(1, 9, -1), 1, 4, rapid.ID).Draw(t, "SS")}
		case 7:
			set := rapid.SliceOfNDistinct(rapid.IntRange(-99, 99), 1, 4, rapid.ID).Draw(t, "NS")
			texts := make([]string, len(set))
			for i, x := range set {
				texts[i] = fmt.Sprint(x)
			}
			return &types.AttributeValueMemberNS{Value: texts}
		case 8:
			set := rapid.SliceOfNDistinct(rapid.StringN(1, 9, -1), 1, 4, rapid.ID).Draw(t, "BS")
			blobs := make([][]byte, len(set))
			for i, x := range set {
				blobs[i] = []byte(x)
			}
			return &types.AttributeValueMemberBS{Value: blobs}
		case 9:
			return &types.AttributeValueMemberL{Value: rapid.SliceOfN(anyValue(depth-1), 0, 3).Draw(t, "L")}
		}
		return &types.AttributeValueMemberM{Value: rapid.MapOfN(rapid.String(), anyValue(depth-1), 0, 3).Draw(t, "M")}
	})
}

// TestCodec checks that values come out of the log as they went in, that they
// pass the check unchanged, and that what is cut off is malformed.
func TestCodec(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		v := anyValue(3).Draw(t, "value")
		form := AppendValue(nil, v)
		r := NewReader(form)
		got := r.Value()
		if r.Err() != nil || r.Len() != 0 || !Equal(got, v) {
			t.Fatalf("got %v, %v with %d bytes left", got, r.Err(), r.Len())
		}
		checked, err := Check(v)
		if err != nil || !Equal(checked, v) {
			t.Fatalf("checked: %v, %v", checked, err)
		}
		cut := NewReader(form[:rapid.IntRange(0, len(form)-1).Draw(t, "cut")])
		cut.Value()
		if cut.Err() == nil {
			t.Fatal("a part of it is well formed")
		}
	})
}

// TestKeysOfText checks that the keys of strings order as the strings do, that
// none is the beginning of another, and that prefixes are.
func TestKeysOfText(t *testing.T) {
	text := rapid.Custom(func(t *rapid.T) string { return string(rapid.SliceOf(rapid.ByteRange(0, 3)).Draw(t, "text")) })
	rapid.Check(t, func(t *rapid.T) {
		a, b := text.Draw(t, "a"), text.Draw(t, "b")
		x, y := AppendKey(nil, String(a)), AppendKey(nil, String(b))
		if got := bytes.Compare(x, y); got != strings.Compare(a, b) {
			t.Fatalf("order %d", got)
		}
		if a != b && bytes.HasPrefix(x, y) {
			t.Fatal("one begins with the other")
		}
		if got := bytes.HasPrefix(x, AppendKeyPrefix(nil, String(b))); got != strings.HasPrefix(a, b) {
			t.Fatalf("prefix: %v", got)
		}
	})
}

func TestCheck(t *testing.T) {
	deep := String("x")
	for range 33 {
		deep = &types.AttributeValueMemberL{Value: []Value{deep}}
	}
	const wrong = "One or more parameter values were invalid: "
	for want, v := range map[string]Value{
		wrong + "An string set  may not be empty":                                                                         &types.AttributeValueMemberSS{},
		wrong + "An number set  may not be empty":                                                                         &types.AttributeValueMemberNS{},
		wrong + "Binary sets should not be empty":                                                                         &types.AttributeValueMemberBS{},
		wrong + "Input collection [a, b, a] contains duplicates.":                                                         &types.AttributeValueMemberSS{Value: []string{"a", "b", "a"}},
		wrong + "Input collection contains duplicates.":                                                                   &types.AttributeValueMemberNS{Value: []string{"1", "1.0"}},
		wrong + "An string set may not have a empty string as a member":                                                   &types.AttributeValueMemberSS{Value: []string{""}},
		wrong + "Null attribute value types must have the value of true":                                                  &types.AttributeValueMemberNULL{},
		"Supplied AttributeValue is empty, must contain exactly one of the supported datatypes":                           nil,
		"The parameter cannot be converted to a numeric value: x":                                                         &types.AttributeValueMemberM{Value: Item{"a": n("x")}},
		"Nesting Levels have exceeded supported limits: Attributes in the item have nested levels beyond supported limit": deep,
	} {
		if _, err := Check(v); err == nil || err.Message != want {
			t.Errorf("got %v, want %q", err, want)
		}
	}
	for _, name := range []string{"", strings.Repeat("x", 64<<10)} {
		if _, err := CheckItem(Item{name: n("1")}); err == nil {
			t.Errorf("an attribute's name of %d bytes was taken", len(name))
		}
		if _, err := CheckItem(Item{"m": &types.AttributeValueMemberM{Value: Item{name: n("1")}}}); err != nil {
			t.Errorf("a name of %d bytes in a map: %v", len(name), err)
		}
	}
	normal, err := Check(&types.AttributeValueMemberL{Value: []Value{n("1.0"), &types.AttributeValueMemberNS{Value: []string{"2e1"}}}})
	if err != nil || !Equal(normal, &types.AttributeValueMemberL{Value: []Value{n("1"), &types.AttributeValueMemberNS{Value: []string{"20"}}}}) {
		t.Errorf("numbers were not made normal: %v, %v", normal, err)
	}
}

func TestSize(t *testing.T) {
	item := Item{
		"id": String("héllo"), "n": n("-12345"), "z": n("0"), "b": &types.AttributeValueMemberB{Value: make([]byte, 10)},
		"t": &types.AttributeValueMemberBOOL{}, "l": &types.AttributeValueMemberL{Value: []Value{String("ab")}},
		"m": &types.AttributeValueMemberM{Value: Item{"k": String("v")}}, "ss": &types.AttributeValueMemberSS{Value: []string{"a", "bc"}},
	}
	if got, want := Size(item), (2+6)+(1+5)+(1+1)+(1+10)+(1+1)+(1+3+1+2)+(1+3+1+1+1)+(2+3); got != want {
		t.Errorf("size %d, want %d", got, want)
	}
}

// TestSets adds, subtracts and searches sets of each type.
func TestSets(t *testing.T) {
	for _, set := range []func(...string) Value{bs, ns, ss} {
		if got := Union(set("1", "2"), set("3", "2")); !Equal(got, set("3", "2", "1")) {
			t.Errorf("union %v", got)
		}
		if got := Minus(set("1", "2"), set("3", "2")); !Equal(got, set("1")) {
			t.Errorf("difference %v", got)
		}
		if got := Minus(set("1"), set("1", "2")); got != nil {
			t.Errorf("nothing is left, and is %v", got)
		}
		if got, ok := Length(set("1", "2")); got != 2 || !ok {
			t.Errorf("length %d", got)
		}
	}
	for _, set := range []func(...string) Value{bs, ns, ss} {
		for _, other := range []Value{set("1", "2", "3"), set("2"), set("1", "3"), String("1"), nil} {
			if Equal(set("1", "2"), other) {
				t.Errorf("1, 2 is %v", other)
			}
		}
		if !Equal(set("1", "2"), set("1", "2")) || !Equal(set("1", "2"), set("2", "1")) {
			t.Error("a set is not itself")
		}
	}
	blob := &types.AttributeValueMemberB{Value: []byte("2")}
	for _, c := range []struct {
		whole, part Value
		want        bool
	}{
		{bs("1", "2"), blob, true}, {bs("1"), blob, false}, {ns("1", "2"), n("2"), true}, {ns("1", "2"), String("2"), false},
		{&types.AttributeValueMemberB{Value: []byte("123")}, blob, true}, {String("123"), blob, false},
	} {
		if got := Contains(c.whole, c.part); got != c.want {
			t.Errorf("%v in %v: %v", c.part, c.whole, got)
		}
	}
}

// TestIdentity compares every two of many values, and asks every one for every
// other, by their identities.
func TestIdentity(t *testing.T) {
	object := func(item Item) Value { return &types.AttributeValueMemberM{Value: item} }
	list := func(all ...Value) Value { return &types.AttributeValueMemberL{Value: all} }
	b := func(text string) Value { return &types.AttributeValueMemberB{Value: []byte(text)} }
	all := []Value{
		String(""), String("1"), n("1"), n("2"), b("1"), b("2"), ss("1"), ss("2", "1"), ss("1", "2"), ns("1", "2"), ns("2", "1"), ns("2"), bs("1", "2"), bs("2", "1"),
		&types.AttributeValueMemberBOOL{}, &types.AttributeValueMemberBOOL{Value: true}, &types.AttributeValueMemberNULL{Value: true},
		&types.AttributeValueMemberNULL{}, object(nil), list(), object(Item{"a": n("1"), "": n("2")}), object(Item{"": n("2"), "a": n("1")}),
		object(Item{"a": ss("1", "2")}), object(Item{"a": ss("2", "1")}), object(Item{"a": String("1")}),
		list(n("1"), n("2")), list(n("2"), n("1")), list(ss("1", "2"), object(nil)), list(ss("2", "1"), object(nil)), list(list(n("1"), n("2"))),
		list(String("1"), b("1"), list()), list(object(Item{"a": ss("2", "1")})),
	}
	for _, x := range all {
		members := Members(x)
		for _, y := range all {
			if Equal(x, y) != (Identity(x) == Identity(y)) {
				t.Errorf("%#v and %#v are equal: %v", x, y, Equal(x, y))
			}
			if !IsScalar(x) && Contains(x, y) != members[Identity(y)] {
				t.Errorf("%#v contains %#v: %v", x, y, Contains(x, y))
			}
		}
	}
}
