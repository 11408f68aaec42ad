package policy

import (
	"errors"
	"strings"
	"testing"
)

func TestParseErrors(t *testing.T) {
	const rest = `'Effect':'Allow','Action':'*','Resource':'*'`
	for _, c := range []struct {
		kind       Kind
		text, want string
	}{
		{Identity, ``, "unexpected EOF"},
		{Identity, `{`, "unexpected EOF"},
		{Identity, `[]`, "a policy is a JSON object"},
		{Identity, `{} {}`, "text after the end"},
		{Identity, "{'Id':'\xff'}", "it is not UTF-8"},
		{Identity, `{}`, "Statement is missing"},
		{Identity, `{'Version':'2012-10-17','Version':'2012-10-17'}`, `"Version" is given twice`},
		{Identity, `{'Version':'2020-01-01'}`, `Version must be "2012-10-17" or "2008-10-17"`},
		{Identity, `{'Statements':[]}`, `element "Statements" is unknown`},
		{Identity, `{'Statement':7}`, "a statement is a JSON object"},
		{Identity, `{'Statement':{}}`, "Effect is missing"},
		{Identity, `{'Statement':{'Effect':'allow'}}`, `Effect must be "Allow" or "Deny"`},
		{Identity, `{'Statement':{'Effect':'Allow','Resource':'*'}}`, "a statement has either Action or NotAction"},
		{Identity, `{'Statement':{` + rest + `,'NotAction':'*'}}`, "a statement has either Action or NotAction"},
		{Identity, `{'Statement':{'Effect':'Allow','Action':'*'}}`, "a statement has either Resource or NotResource"},
		{Identity, `{'Statement':{` + rest + `,'Principal':'*'}}`, "a policy of an identity has no Principal"},
		{Identity, `{'Statement':{` + rest + `,'Conditions':{}}}`, `element "Conditions" is unknown`},
		{Identity, `{'Statement':{'Effect':'Allow','Action':'PutRecord','Resource':'*'}}`, `Action "PutRecord" cannot be one`},
		{Identity, `{'Statement':{'Effect':'Allow','Action':[],'Resource':'*'}}`, "Action is empty"},
		{Identity, `{'Statement':{'Effect':'Allow','Action':[7],'Resource':'*'}}`, "Action must be a string or a list of strings"},
		{Identity, `{'Statement':{'Effect':'Allow','Action':'*','Resource':'orders'}}`, `Resource "orders" cannot be one`},
		{Identity, `{'Version':'2012-10-17','Statement':{'Effect':'Allow','Action':'*','Resource':'arn:${aws:x'}}`, "has no end"},
		{Identity, `{'Statement':{` + rest + `,'Condition':{'StringMatches':{'a':'b'}}}}`, `condition operator "StringMatches" is unknown`},
		{Identity, `{'Statement':{` + rest + `,'Condition':{'NullIfExists':{'a':'true'}}}}`, `condition operator "NullIfExists" is unknown`},
		{Identity, `{'Statement':{` + rest + `,'Condition':{'StringLike':'a'}}}`, "must be an object"},
		{Identity, `{'Statement':{` + rest + `,'Condition':{'StringLike':{'a':[]}}}}`, `"a" has no value`},
		{Identity, `{'Statement':{` + rest + `,'Condition':{'StringLike':{'a':{}}}}}`, "must be a string or a list of strings"},
		{Identity, `{'Statement':{` + rest + `,'Condition':{'IpAddress':{'a':'10.0.0.0/33'}}}}`, "neither an IP address nor a range"},
		{Identity, `{'Statement':{` + rest + `,'Condition':{'Bool':{'a':'yes'}}}}`, `"yes" is neither true nor false`},
		{Identity, `{'Statement':{` + rest + `,'Condition':{'DateLessThan':{'a':'soon'}}}}`, `"soon" is not a date`},
		{Identity, `{'Statement':{` + rest + `,'Condition':{'NumericEquals':{'a':'x'}}}}`, `"x" is not a number`},
		{Identity, `{'Statement':[[[[[[[[]]]]]]]]}`, "nested too deep"},
		{Resource, `{'Statement':{` + rest + `}}`, "either Principal or NotPrincipal"},
		{Resource, `{'Statement':{` + rest + `,'NotPrincipal':'*'}}`, "NotPrincipal needs the Effect Deny"},
		{Resource, `{'Statement':{` + rest + `,'Principal':'alice'}}`, `Principal must be "*" or an object`},
		{Resource, `{'Statement':{` + rest + `,'Principal':{'AWS':'alice'}}}`, `principal "alice" is neither`},
		{Resource, `{'Statement':{` + rest + `,'Principal':{'AWS':'arn:aws:iam::111111111111:user/*'}}}`, "is neither"},
		{Resource, `{'Statement':{` + rest + `,'Principal':{'Aws':'*'}}}`, `principals of kind "Aws" are unknown`},
	} {
		_, err := Parse([]byte(strings.ReplaceAll(c.text, "'", `"`)), c.kind)
		var syntax *SyntaxError
		if !errors.As(err, &syntax) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s\ngot  %v\nwant %s", c.text, err, c.want)
		} else if syntax.Offset < 0 || syntax.Offset > len(c.text) {
			t.Errorf("%s: offset %d", c.text, syntax.Offset)
		}
	}
}

func TestErrorOffset(t *testing.T) {
	const text = "{\"Statement\": [\n{\"Effect\": \"Allow\",\n\"Action\": \"x\", \"Resource\": \"*\"}]}"
	_, err := Parse([]byte(text), Identity)
	var syntax *SyntaxError
	if !errors.As(err, &syntax) || strings.Count(text[:syntax.Offset], "\n") != 2 {
		t.Errorf("%v at %d", err, syntax.Offset)
	}
}

// FuzzPolicy: no text makes the parser panic, its errors say where, and what
// is a policy decides about any request without a panic; a policy that was
// read twice decides alike.
func FuzzPolicy(f *testing.F) {
	for _, text := range []string{
		allowPut, denyPut, allowGet,
		`{'Version':'2012-10-17','Id':'i','Statement':[{'Sid':'s','Effect':'Deny','NotPrincipal':{'AWS':['111111111111','arn:aws:iam::222222222222:user/x'],'Service':'s'},'NotAction':['kinesis:*'],'NotResource':['arn:aws:kinesis:*:*:stream/${aws:username}'],'Condition':{'ForAnyValue:StringLikeIfExists':{'aws:TagKeys':['a*']},'IpAddress':{'aws:SourceIp':'10.0.0.0/8'},'Null':{'x':true},'NumericLessThan':{'y':3},'DateLessThan':{'z':'2026-01-01'},'ArnLike':{'aws:PrincipalArn':'arn:*:*:*:*:*'}}}]}`,
	} {
		f.Add([]byte(strings.ReplaceAll(text, "'", `"`)), "kinesis:PutRecord", orders, "alice")
	}
	f.Fuzz(func(t *testing.T, text []byte, action, resource, value string) {
		for _, kind := range []Kind{Identity, Resource} {
			d, err := Parse(text, kind)
			if err != nil {
				var syntax *SyntaxError
				if !errors.As(err, &syntax) || syntax.Offset < 0 || syntax.Offset > len(text) {
					t.Errorf("%#v", err)
				}
				continue
			}
			again, err := Parse(text, kind)
			if err != nil {
				t.Fatal(err)
			}
			r := request(nil)
			r.Action, r.Resource = action, resource
			r.Values = func(string) []string { return []string{value} }
			if a, b := d.judge(r), again.judge(r); a != b {
				t.Errorf("%d, then %d", a, b)
			}
		}
	})
}

// FuzzGlob: the matcher agrees with the plain definition.
func FuzzGlob(f *testing.F) {
	f.Add("a*b?c", "aXXbYc")
	f.Add("**é?", "é\xff")
	f.Fuzz(func(t *testing.T, pattern, text string) {
		if len(pattern) > 12 || len(text) > 16 {
			return
		}
		p, err := compile(pattern, reading{wild: true})
		if err != nil {
			t.Fatal(err)
		}
		if got, want := p.matches(text, nil), plainGlob([]rune(pattern), []rune(text)); got != want {
			t.Errorf("%q, %q: %v", pattern, text, got)
		}
	})
}

func plainGlob(p, s []rune) bool {
	if len(p) == 0 {
		return len(s) == 0
	}
	if p[0] == '*' {
		return plainGlob(p[1:], s) || len(s) > 0 && plainGlob(p, s[1:])
	}
	return len(s) > 0 && (p[0] == '?' || p[0] == s[0]) && plainGlob(p[1:], s[1:])
}
