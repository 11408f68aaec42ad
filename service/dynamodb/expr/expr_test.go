package expr

import (
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/leat-io/leat/api"
	"github.com/leat-io/leat/service/dynamodb/attr"
)

func num(text string) attr.Value       { return &types.AttributeValueMemberN{Value: text} }
func strs(texts ...string) attr.Value  { return &types.AttributeValueMemberSS{Value: texts} }
func list(vs ...attr.Value) attr.Value { return &types.AttributeValueMemberL{Value: vs} }
func object(item attr.Item) attr.Value { return &types.AttributeValueMemberM{Value: item} }
func blob(text string) attr.Value      { return &types.AttributeValueMemberB{Value: []byte(text)} }

// row is an item with a value of most types.
func row() attr.Item {
	return attr.Item{
		"id": attr.String("shard-7"), "n": num("5"), "b": blob("bytes"), "flag": &types.AttributeValueMemberBOOL{Value: true},
		"none": &types.AttributeValueMemberNULL{Value: true}, "ss": strs("a", "b"),
		"l": list(num("1"), attr.String("two"), object(attr.Item{"deep": list(num("9"))})),
		"m": object(attr.Item{"child": num("3"), "a.b": num("4")}),
	}
}

var names = map[string]string{"#id": "id", "#size": "size", "#dot": "a.b", "#miss": "absent"}

func operands() attr.Item {
	return attr.Item{
		":five": num("5"), ":one": num("1"), ":nine": num("9"), ":three": num("3"), ":shard": attr.String("shard"),
		":id": attr.String("shard-7"), ":a": attr.String("a"), ":S": attr.String("S"), ":by": blob("by"),
		":true": &types.AttributeValueMemberBOOL{Value: true}, ":ba": strs("b", "a"), ":l": list(num("1")), ":two": attr.String("two"),
	}
}

// placeholders returns those of a test that are in text.
func placeholders(t testing.TB, text string) *Placeholders {
	t.Helper()
	used := map[string]string{}
	for k, v := range names {
		if strings.Contains(text, k) {
			used[k] = v
		}
	}
	values := attr.Item{}
	for k, v := range operands() {
		if strings.Contains(text, k) {
			values[k] = v
		}
	}
	if len(used) == 0 {
		used = nil
	}
	if len(values) == 0 {
		values = nil
	}
	p, err := NewPlaceholders(used, values, true)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestConditions(t *testing.T) {
	for text, want := range map[string]bool{
		"n = :five": true, ":five = n": true, "n <> :five": false, "n < :nine": true, "n >= :nine": false, "n<=:five": true,
		"absent = :five": false, "absent <> :five": true, "n = :shard": false, "n <> :shard": true, "n > :shard": false,
		"attribute_exists(id)": true, "attribute_exists(m.absent)": false, "attribute_not_exists(absent)": true,
		"attribute_exists (#id)": true, "attribute_type(id, :S)": true, "attribute_type(n, :S)": false,
		"begins_with(id, :shard)": true, "begins_with(b, :by)": true, "begins_with(n, :shard)": false,
		"contains(id, :shard)": true, "contains(ss, :a)": true, "contains(ss, :two)": false, "contains(l, :two)": true,
		"contains(l, :one)": true, "contains(n, :one)": false, "contains(absent, :a)": false,
		"size(id) > :five": true, "size(l) = :three": true, "size(ss) < :three": true, "size(n) > :one": false,
		"n BETWEEN :one AND :nine": true, "n between :five and :five": true, "id BETWEEN :a AND :shard": false,
		"n IN (:one, :five)": true, "n IN (:one)": false, "absent IN (:one)": false,
		"NOT n = :one": true, "not n = :five": false, "n = :five AND flag = :true": true, "n = :one OR flag = :true": true,
		"n = :one OR flag = :true AND id = :a": false, "(n = :one OR flag = :true) AND n = :five": true,
		"NOT (n = :one OR flag = :true)": false, "NOT n = :one AND n = :five": true,
		"ss = :ba": true, "m.child = :three": true, "m.#dot > :three": true, "l[0] = :one": true, "l[1] = :two": true,
		"l[2].deep[0] = :nine": true, "l[2].deep[1] = :nine": false, "l[7] = :one": false, "m[0] = :one": false, "l.x = :one": false,
		"attribute_exists(#miss)": false, "n = l[0]": false, "l[0] < n": true,
	} {
		c, err := placeholders(t, text).Condition(Condition, text)
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		if got := c.Test(row()); got != want {
			t.Errorf("%s is %v", text, got)
		}
		// It means the same when it comes out of the log.
		form := AppendNode(nil, c)
		r := attr.NewReader(form)
		if again := ReadNode(r); r.Err() != nil || r.Len() != 0 || again.Test(row()) != want {
			t.Errorf("%s is another out of the log: %v", text, r.Err())
		}
	}
}

func TestConditionErrors(t *testing.T) {
	for text, want := range map[string]string{
		"":                           `The expression can not be empty;`,
		"  ":                         `The expression can not be empty;`,
		"n = ":                       `Syntax error; token: "<EOF>", near: "= "`,
		"n == :one":                  `Syntax error; token: "=", near: "== :one"`,
		"n = :one AND":               `Syntax error; token: "<EOF>", near: "AND"`,
		"n":                          `Syntax error; token: "<EOF>", near: "n"`,
		"(n = :one":                  `Syntax error; token: "<EOF>", near: ":one"`,
		"n = :one)":                  `Syntax error; token: ")", near: ":one)"`,
		"n ! :one":                   `Syntax error; token: "!", near: "n ! :one"`,
		"n = é":                      `Syntax error; token: "é", near: "= é"`,
		"((n = :one))":               `The expression has redundant parentheses;`,
		"status = :one":              `Attribute name is a reserved keyword; reserved keyword: status`,
		"m.size = :one":              `Attribute name is a reserved keyword; reserved keyword: size`,
		"#nope = :one":               `An expression attribute name used in the document path is not defined; attribute name: #nope`,
		"n = :nope":                  `An expression attribute value used in expression is not defined; attribute value: :nope`,
		"nope(n)":                    `Invalid function name; function: nope`,
		"n = contains(n, :a)":        `The function is not allowed to be used this way in an expression; function: contains`,
		"contains(n)":                `Incorrect number of operands for operator or function; operator or function: contains, number of operands: 1`,
		"attribute_exists(:one)":     `Operator or function requires a document path; operator or function: attribute_exists`,
		"begins_with(id, :five)":     `Incorrect operand type for operator or function; operator or function: begins_with, operand type: N`,
		"attribute_type(id, :shard)": `Invalid attribute type name found; type: shard, valid types: {B,NULL,SS,BOOL,L,BS,N,NS,S,M}`,
		"n < :true":                  `Incorrect operand type for operator or function; operator: <, operand type: BOOL`,
		"n BETWEEN :nine AND :one":   `The BETWEEN operator requires upper bound to be greater than or equal to lower bound; lower bound operand: AttributeValue: {N:9}, upper bound operand: AttributeValue: {N:1}`,
		"n BETWEEN :one AND :a":      `The BETWEEN operator requires same data type for lower and upper bounds; lower bound operand: AttributeValue: {N:1}, upper bound operand: AttributeValue: {S:a}`,
		"n = n":                      `The first operand must be distinct from the remaining operands for this operator or function; operator: =, first operand: [n]`,
		"l[99999999999] = :one":      `List index is not within the allowable range; index: [99999999999]`,
		"l[x] = :one":                `Syntax error; token: "x", near: "[x]"`,
		strings.Repeat("n = :one AND ", 301) + "n = :one": `The expression contains too many operators; operator count: 301`,
		strings.Repeat("x", 4097):                         `Expression size has exceeded the maximum allowed size; expression size: 4097`,
	} {
		_, err := placeholders(t, text).Condition(Condition, text)
		if err == nil || err.Code != "ValidationException" || err.Message != "Invalid ConditionExpression: "+want {
			t.Errorf("%.50s:\n got %v\nwant %s", text, err, want)
		}
	}
}

func TestUpdates(t *testing.T) {
	big := row()
	delete(big, "n")
	for text, want := range map[string]func(attr.Item){
		"SET n = :one":                           func(i attr.Item) { i["n"] = num("1") },
		"SET n = n + :one":                       func(i attr.Item) { i["n"] = num("6") },
		"set n = :one - n":                       func(i attr.Item) { i["n"] = num("-4") },
		"SET n = if_not_exists(n, :one)":         func(i attr.Item) {},
		"SET x = if_not_exists(x, :one) + :five": func(i attr.Item) { i["x"] = num("6") },
		"SET x = n, n = :one":                    func(i attr.Item) { i["x"], i["n"] = num("5"), num("1") },
		"SET x = l[1]":                           func(i attr.Item) { i["x"] = attr.String("two") },
		"SET m.fresh = :one":                     func(i attr.Item) { i["m"] = object(attr.Item{"child": num("3"), "a.b": num("4"), "fresh": num("1")}) },
		"SET m.#dot = :one":                      func(i attr.Item) { i["m"] = object(attr.Item{"child": num("3"), "a.b": num("1")}) },
		"SET l[0] = :nine, l[9] = :five": func(i attr.Item) {
			i["l"] = list(num("9"), attr.String("two"), object(attr.Item{"deep": list(num("9"))}), num("5"))
		},
		"SET l[9] = :five, l[7] = :one, l[10] = :nine": func(i attr.Item) {
			i["l"] = list(num("1"), attr.String("two"), object(attr.Item{"deep": list(num("9"))}), num("1"), num("5"), num("9"))
		},
		"SET l[2].deep[0] = :one": func(i attr.Item) {
			i["l"] = list(num("1"), attr.String("two"), object(attr.Item{"deep": list(num("1"))}))
		},
		"SET x = list_append(:l, :l)": func(i attr.Item) { i["x"] = list(num("1"), num("1")) },
		"REMOVE n, absent":            func(i attr.Item) { delete(i, "n") },
		"REMOVE l[0], l[1]":           func(i attr.Item) { i["l"] = list(object(attr.Item{"deep": list(num("9"))})) },
		"REMOVE m.child":              func(i attr.Item) { i["m"] = object(attr.Item{"a.b": num("4")}) },
		"ADD n :five":                 func(i attr.Item) { i["n"] = num("10") },
		"ADD x :five":                 func(i attr.Item) { i["x"] = num("5") },
		"ADD ss :ba":                  func(i attr.Item) {},
		"ADD y :ba":                   func(i attr.Item) { i["y"] = strs("b", "a") },
		"DELETE ss :ba":               func(i attr.Item) { delete(i, "ss") },
		"DELETE y :ba":                func(i attr.Item) {},
		"SET x = :one REMOVE n ADD m.child :five": func(i attr.Item) {
			i["x"] = num("1")
			delete(i, "n")
			i["m"] = object(attr.Item{"child": num("8"), "a.b": num("4")})
		},
	} {
		u, err := placeholders(t, text).Update(text)
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		old, expected := row(), row()
		want(expected)
		got, err := u.Apply(old)
		if err != nil || !attr.EqualItems(got, expected) {
			t.Errorf("%s: %v", text, err)
		}
		if !attr.EqualItems(old, row()) {
			t.Errorf("%s changed the old item", text)
		}
		form := AppendUpdate(nil, u)
		r := attr.NewReader(form)
		again, err := ReadUpdate(r).Apply(old)
		if err != nil || r.Err() != nil || r.Len() != 0 || !attr.EqualItems(again, expected) {
			t.Errorf("%s is another out of the log: %v, %v", text, err, r.Err())
		}
	}
}

func TestUpdateErrors(t *testing.T) {
	const prefix = "Invalid UpdateExpression: "
	for text, want := range map[string]string{
		"SET n = :one SET id = :a":    prefix + `The "SET" section can only be used once in an update expression;`,
		"SET n = :one, n = :five":     prefix + `Two document paths overlap with each other; must remove or rewrite one of these paths; path one: [n], path two: [n]`,
		"SET m = :one REMOVE m.child": prefix + `Two document paths overlap with each other; must remove or rewrite one of these paths; path one: [m], path two: [m, child]`,
		"SET m.a = :one, m[1] = :one": prefix + `Two document paths conflict with each other; must remove or rewrite one of these paths; path one: [m, a], path two: [m, [1]]`,
		"ADD n :a":                    prefix + `Incorrect operand type for operator or function; operator: ADD, operand type: STRING, typeSet: ALLOWED_FOR_ADD_OPERAND`,
		"DELETE n :five":              prefix + `Incorrect operand type for operator or function; operator: DELETE, operand type: NUMBER, typeSet: ALLOWED_FOR_DELETE_OPERAND`,
		"SET n = :a + :one":           prefix + `Incorrect operand type for operator or function; operator or function: +, operand type: S`,
		"SET n = size(id)":            prefix + `The function is not allowed in an update expression; function: size`,
		"n = :one":                    prefix + `Syntax error; token: "n", near: "n ="`,
		"SET n":                       prefix + `Syntax error; token: "<EOF>", near: "n"`,
		"ADD n + :one":                prefix + `Syntax error; token: "+", near: "n + :one"`,
		"SET x = list_append(:a, :l)": prefix + `Incorrect operand type for operator or function; operator or function: list_append, operand type: S`,
		"SET x = absent":              "The provided expression refers to an attribute that does not exist in the item",
		"SET n = id + :one":           "An operand in the update expression has an incorrect data type",
		"ADD id :one":                 "An operand in the update expression has an incorrect data type",
		"DELETE n :ba":                "An operand in the update expression has an incorrect data type",
		"SET absent.x = :one":         "The document path provided in the update expression is invalid for update",
		"SET n[0] = :one":             "The document path provided in the update expression is invalid for update",
		"REMOVE absent.x":             "The document path provided in the update expression is invalid for update",
	} {
		u, err := placeholders(t, text).Update(text)
		if err == nil {
			_, err = u.Apply(row())
		}
		if err == nil || err.Message != want {
			t.Errorf("%s:\n got %v\nwant %s", text, err, want)
		}
	}
}

// TestAppendIsBounded checks that lists stop growing where no item could hold
// them, however often an expression appends them to each other.
func TestAppendIsBounded(t *testing.T) {
	half := make([]attr.Value, attr.MaxItemBytes/2)
	for i := range half {
		half[i] = &types.AttributeValueMemberNULL{Value: true}
	}
	for text, want := range map[string]*api.Error{
		"SET x = list_append(l, l)":                             nil,
		"SET x = list_append(list_append(l, l), :l)":            errTooLarge,
		"SET x = list_append(:l, list_append(l, l))":            errTooLarge,
		"SET x = if_not_exists(x, list_append(l, l)), y = id":   nil,
		"SET x = if_not_exists(l, list_append(l, l)), y = l[0]": nil,
	} {
		u, err := placeholders(t, text).Update(text)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := u.Apply(attr.Item{"id": attr.String("a"), "l": list(half...)}); err != want {
			t.Errorf("%s: got %v, want %v", text, err, want)
		}
	}
}

func TestProjections(t *testing.T) {
	for text, want := range map[string]attr.Item{
		"n, absent, id":          {"n": num("5"), "id": attr.String("shard-7")},
		"m.child, m.absent":      {"m": object(attr.Item{"child": num("3")})},
		"l[2].deep, l[0]":        {"l": list(num("1"), object(attr.Item{"deep": list(num("9"))}))},
		"l[7], m[0], n.x, id[0]": {},
		"#id":                    {"id": attr.String("shard-7")},
	} {
		paths, err := placeholders(t, text).Projection(text)
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		if got := Project(row(), paths); !attr.EqualItems(got, want) {
			t.Errorf("%s is %v", text, got)
		}
	}
	if _, err := placeholders(t, "m, m.child").Projection("m, m.child"); err == nil {
		t.Error("overlapping paths were taken")
	}
}

func TestPlaceholders(t *testing.T) {
	one := attr.Item{":v": num("1")}
	for want, f := range map[string]func() (*Placeholders, error){
		"ExpressionAttributeNames can only be specified when using expressions":  func() (*Placeholders, error) { return made(NewPlaceholders(names, nil, false)) },
		"ExpressionAttributeValues must not be empty":                            func() (*Placeholders, error) { return made(NewPlaceholders(nil, attr.Item{}, true)) },
		`ExpressionAttributeNames contains invalid key: Syntax error; key: "x"`:  func() (*Placeholders, error) { return made(NewPlaceholders(map[string]string{"x": "y"}, nil, true)) },
		`ExpressionAttributeValues contains invalid key: Syntax error; key: ":"`: func() (*Placeholders, error) { return made(NewPlaceholders(nil, attr.Item{":": num("1")}, true)) },
		"Value provided in ExpressionAttributeValues unused in expressions: keys: {:v}": func() (*Placeholders, error) {
			p, err := NewPlaceholders(nil, one, true)
			if err != nil {
				return nil, err
			}
			return made(p, p.Unused())
		},
	} {
		if _, err := f(); err == nil || err.Error() != "ValidationException: "+want {
			t.Errorf("got %v, want %s", err, want)
		}
	}
}

func made(p *Placeholders, err interface{ Error() string }) (*Placeholders, error) { return p, err }

// FuzzParse checks that no text breaks the parsers, that what they read comes
// out of the log as it went in, and that it can be evaluated.
func FuzzParse(f *testing.F) {
	for _, text := range []string{
		"n = :one AND NOT (id IN (:a, :two) OR size(l[2].deep) BETWEEN :one AND :nine)", "begins_with(#id, :a)",
		"SET m.fresh[3] = if_not_exists(n, :one) + :five REMOVE l[0], l[1] ADD ss :ba DELETE y :ba", "m.child, l[2].deep[0]",
		"((((", "a.b.c[0][1]", "SET a = list_append(a, :l)", "\x00é#:",
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		p, err := NewPlaceholders(names, operands(), true)
		if err != nil {
			t.Fatal(err)
		}
		if c, err := p.Condition(Condition, text); err == nil {
			r := attr.NewReader(AppendNode(nil, c))
			again := ReadNode(r)
			if r.Err() != nil || again.Test(row()) != c.Test(row()) || again.Test(nil) != c.Test(nil) {
				t.Errorf("another out of the log: %v", r.Err())
			}
		}
		if u, err := p.Update(text); err == nil {
			old := row()
			got, refused := u.Apply(old)
			if !attr.EqualItems(old, row()) {
				t.Error("the old item was changed")
			}
			if refused == nil {
				Project(got, u.Paths())
			}
		}
		if paths, err := p.Projection(text); err == nil {
			Project(row(), paths)
		}
	})
}
