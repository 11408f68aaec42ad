package policy

import (
	"fmt"
	"strings"
	"testing"
)

const (
	mine   = "111111111111"
	other  = "222222222222"
	orders = "arn:aws:kinesis:us-east-1:111111111111:stream/orders"
)

var alice = Principal{Account: mine, ARN: "arn:aws:iam::111111111111:user/alice"}

// parse parses single quotes as double ones.
func parse(t testing.TB, kind Kind, text string) *Document {
	t.Helper()
	d, err := Parse([]byte(strings.ReplaceAll(text, "'", `"`)), kind)
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return d
}

// request is one by alice to put into orders.
func request(values map[string][]string) *Request {
	return &Request{
		Action: "kinesis:PutRecord", Resource: orders, Principal: alice,
		Values: func(key string) []string { return values[key] },
	}
}

const (
	allowPut = `{'Version':'2012-10-17','Statement':{'Effect':'Allow','Action':'kinesis:Put*','Resource':'*'}}`
	denyPut  = `{'Statement':[{'Effect':'Deny','Action':['kinesis:PutRecord'],'Resource':['*']}]}`
	allowGet = `{'Statement':{'Effect':'Allow','Action':'kinesis:Get*','Resource':'*'}}`
)

func TestDecide(t *testing.T) {
	grant := func(effect, principal string) string {
		return fmt.Sprintf(`{'Statement':[{'Effect':'%s','Principal':%s,'Action':'kinesis:*','Resource':'%s'}]}`, effect, principal, orders)
	}
	const (
		user    = `{'AWS':'arn:aws:iam::111111111111:user/alice'}`
		bob     = `{'AWS':['arn:aws:iam::111111111111:user/bob','arn:aws:iam::222222222222:user/alice']}`
		account = `{'AWS':'111111111111'}`
		root    = `{'AWS':'arn:aws:iam::111111111111:root'}`
	)
	for _, c := range []struct {
		name     string
		identity string // "all" for none, "" for an empty list
		resource string
		owner    string
		want     Decision
	}{
		{"everything", "all", "", mine, Allowed},
		{"nothing", "", "", mine, NoIdentityAllows},
		{"allow", allowPut, "", mine, Allowed},
		{"something else", allowGet, "", mine, NoIdentityAllows},
		{"deny", denyPut, "", mine, IdentityDenies},
		{"deny beats allow", allowPut + ";" + denyPut, "", mine, IdentityDenies},
		{"deny beats the resource", denyPut, grant("Allow", user), mine, IdentityDenies},
		{"the resource denies", "all", grant("Deny", user), mine, ResourceDenies},
		{"the resource denies the account", allowPut, grant("Deny", account), mine, ResourceDenies},
		{"the resource denies somebody else", allowPut, grant("Deny", bob), mine, Allowed},
		{"the resource allows", "", grant("Allow", user), mine, Allowed},
		{"the resource allows everybody", "", grant("Allow", `'*'`), mine, Allowed},
		{"the resource allows somebody else", "", grant("Allow", bob), mine, NoIdentityAllows},
		{"the resource leaves it to the account", "", grant("Allow", root), mine, NoIdentityAllows},
		{"the resource leaves it to the account, which allows", allowPut, grant("Allow", root), mine, Allowed},
		{"foreign", "all", "", other, NoResourceAllows},
		{"foreign, neither", "", "", other, NoIdentityAllows},
		{"foreign, to the user", "all", grant("Allow", user), other, Allowed},
		{"foreign, to the account", allowPut, grant("Allow", account), other, Allowed},
		{"foreign, to everybody", allowPut, grant("Allow", `{'AWS':'*'}`), other, Allowed},
		{"foreign, the caller's may not", allowGet, grant("Allow", user), other, NoIdentityAllows},
		{"foreign, to somebody else", "all", grant("Allow", bob), other, NoResourceAllows},
		{"foreign, denied", "all", grant("Deny", root), other, ResourceDenies},
		{"foreign, to a service", "all", grant("Allow", `{'Service':'lambda.amazonaws.com'}`), other, NoResourceAllows},
	} {
		t.Run(c.name, func(t *testing.T) {
			var identity []*Document
			if c.identity != "all" {
				identity = []*Document{}
			}
			for text := range strings.SplitSeq(c.identity, ";") {
				if text != "all" && text != "" {
					identity = append(identity, parse(t, Identity, text))
				}
			}
			var resource *Document
			if c.resource != "" {
				resource = parse(t, Resource, c.resource)
			}
			if got := Decide(request(nil), identity, resource, c.owner); got != c.want {
				t.Errorf("got %d (%s), want %d", got, got.Reason("kinesis:PutRecord"), c.want)
			}
		})
	}
}

func TestPrincipals(t *testing.T) {
	session := Principal{Account: mine, ARN: "arn:aws:sts::111111111111:assumed-role/writer/s-1"}
	for _, c := range []struct {
		element string
		who     Principal
		want    Decision
	}{
		{`'Principal':{'AWS':'arn:aws:iam::111111111111:role/writer'}`, session, Allowed},
		{`'Principal':{'AWS':'arn:aws:sts::111111111111:assumed-role/writer/s-1'}`, session, Allowed},
		{`'Principal':{'AWS':'arn:aws:sts::111111111111:assumed-role/writer/s-2'}`, session, NoIdentityAllows},
		{`'Principal':{'AWS':'arn:aws:iam::111111111111:role/write'}`, session, NoIdentityAllows},
		{`'Principal':{'AWS':'arn:aws:iam::111111111111:user/writer'}`, session, NoIdentityAllows},
	} {
		d := parse(t, Resource, `{'Statement':{'Effect':'Allow',`+c.element+`,'Action':'*','Resource':'*'}}`)
		r := request(nil)
		r.Principal = c.who
		if got := Decide(r, []*Document{}, d, mine); got != c.want {
			t.Errorf("%s: %d", c.element, got)
		}
	}
	d := parse(t, Resource, `{'Statement':{'Effect':'Deny','NotPrincipal':{'AWS':'arn:aws:iam::111111111111:user/alice'},'Action':'*','Resource':'*'}}`)
	if got := Decide(request(nil), nil, d, mine); got != Allowed {
		t.Errorf("who is excepted: %d", got)
	}
	r := request(nil)
	r.Principal = session
	if got := Decide(r, nil, d, mine); got != ResourceDenies {
		t.Errorf("who is not excepted: %d", got)
	}
}

func TestScopes(t *testing.T) {
	for element, want := range map[string]bool{
		`'Action':'*','Resource':'*'`:                                                                  true,
		`'Action':'kinesis:putrecord','Resource':'*'`:                                                  true,
		`'Action':'kinesis:PutRecords','Resource':'*'`:                                                 false,
		`'Action':'KINESIS:Put*d','Resource':'*'`:                                                      true,
		`'Action':'kinesis:?utRecord','Resource':'*'`:                                                  true,
		`'Action':['kinesis:Get*','kinesis:PutRecord'],'Resource':'*'`:                                 true,
		`'NotAction':'kinesis:Get*','Resource':'*'`:                                                    true,
		`'NotAction':['kinesis:Get*','kinesis:Put*'],'Resource':'*'`:                                   false,
		`'Action':'*','Resource':'` + orders + `'`:                                                     true,
		`'Action':'*','Resource':'arn:aws:kinesis:*:111111111111:stream/ord*'`:                         true,
		`'Action':'*','Resource':'arn:aws:kinesis:*:111111111111:stream/order'`:                        false,
		`'Action':'*','Resource':'arn:aws:kinesis:*:111111111111:stream/Orders'`:                       false,
		`'Action':'*','Resource':'arn:aws:kinesis:us-east-?:*:stream/*e?s'`:                            true,
		`'Action':'*','NotResource':'` + orders + `'`:                                                  false,
		`'Action':'*','NotResource':'arn:aws:kinesis:*:*:stream/a*'`:                                   true,
		`'Action':'*','Resource':'arn:aws:kinesis:*:${aws:PrincipalAccount}:stream/*'`:                 true,
		`'Action':'*','Resource':'arn:aws:kinesis:*:*:stream/${aws:username}'`:                         false,
		`'Action':'*','Resource':'arn:aws:kinesis:*:*:stream/${aws:nothing}'`:                          false,
		`'Action':'*','Resource':'arn:aws:kinesis:*:*:stream/${aws:nothing, 'orders'}'`:                true,
		`'Action':'*','Resource':'arn:aws:kinesis:*:*:stream/${*}'`:                                    false,
		`'Action':'*','Resource':'arn:aws:kinesis:*:*:stream/${aws:star}'`:                             false,
		`'Action':'*','Resource':'arn:aws:kinesis:*:*:stream/*','Condition':{'Null':{'aws:x':'true'}}`: true,
	} {
		text := strings.ReplaceAll(`{"Version":"2012-10-17","Statement":{"Effect":"Allow",`+element+`}}`, "'", `"`)
		text = strings.ReplaceAll(text, `, "orders"}`, `, 'orders'}`)
		d, err := Parse([]byte(text), Identity)
		if err != nil {
			t.Errorf("%s: %v", element, err)
			continue
		}
		r := request(map[string][]string{"aws:principalaccount": {mine}, "aws:username": {"alice"}, "aws:star": {"*"}})
		if got := Decide(r, []*Document{d}, nil, mine) == Allowed; got != want {
			t.Errorf("%s: allowed is %v", element, got)
		}
	}
	// Without the version there are no variables.
	d := parse(t, Identity, `{'Statement':{'Effect':'Allow','Action':'*','Resource':'arn:aws:kinesis:*:${aws:PrincipalAccount}:stream/*'}}`)
	if got := Decide(request(map[string][]string{"aws:principalaccount": {mine}}), []*Document{d}, nil, mine); got != NoIdentityAllows {
		t.Errorf("a variable in a document without version: %d", got)
	}
	// A call about no resource needs the Resource "*".
	for resource, want := range map[string]Decision{"*": Allowed, "arn:aws:kinesis:*:*:stream/*": NoIdentityAllows, "arn:*": NoIdentityAllows} {
		d := parse(t, Identity, `{'Statement':{'Effect':'Allow','Action':'*','Resource':'`+resource+`'}}`)
		r := request(nil)
		r.Resource = "*"
		if got := Decide(r, []*Document{d}, nil, mine); got != want {
			t.Errorf("%s for no resource: %d", resource, got)
		}
	}
}
