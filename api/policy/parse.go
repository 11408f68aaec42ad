package policy

import (
	"encoding/json"
	"strings"
)

// Parse reads a policy in JSON. An error is a *SyntaxError.
func Parse(text []byte, kind Kind) (*Document, error) {
	root, err := readNode(text)
	if err != nil {
		return nil, err
	}
	p := parser{kind: kind}
	return p.document(&root)
}

type parser struct {
	kind      Kind
	variables bool // the version of the document has them
}

func (p *parser) document(root *node) (*Document, error) {
	if !root.isObject() {
		return nil, root.wrong("a policy is a JSON object")
	}
	var statements *node
	for i, name := range root.members {
		n := &root.list[i]
		switch name {
		case "Version":
			version, _ := n.text()
			if version != "2012-10-17" && version != "2008-10-17" {
				return nil, n.wrong("Version must be \"2012-10-17\" or \"2008-10-17\"")
			}
			p.variables = version == "2012-10-17"
		case "Id":
			if _, ok := n.text(); !ok {
				return nil, n.wrong("Id must be a string")
			}
		case "Statement":
			statements = n
		default:
			return nil, n.wrong("element %q is unknown", name)
		}
	}
	if statements == nil {
		return nil, root.wrong("Statement is missing")
	}
	list := []node{*statements}
	if statements.isList() {
		list = statements.list
	}
	d := &Document{}
	for i := range list {
		s, err := p.statement(&list[i])
		if err != nil {
			return nil, err
		}
		d.statements = append(d.statements, s)
	}
	return d, nil
}

// statement reads one statement. What stands in it may come in any order.
func (p *parser) statement(n *node) (s statement, err error) {
	if !n.isObject() {
		return s, n.wrong("a statement is a JSON object")
	}
	given := map[string]bool{}
	for i, name := range n.members {
		given[name] = true
		if err := p.element(&s, name, &n.list[i]); err != nil {
			return s, err
		}
	}
	one := func(a, b string) bool { return given[a] != given[b] }
	switch {
	case !given["Effect"]:
		err = n.wrong("Effect is missing")
	case !one("Action", "NotAction"):
		err = n.wrong("a statement has either Action or NotAction")
	case !one("Resource", "NotResource"):
		err = n.wrong("a statement has either Resource or NotResource")
	case p.kind == Identity && s.principals != nil:
		err = n.wrong("a policy of an identity has no Principal")
	case p.kind == Resource && !one("Principal", "NotPrincipal"):
		err = n.wrong("a statement of a resource's policy has either Principal or NotPrincipal")
	case given["NotPrincipal"] && !s.deny:
		err = n.wrong("NotPrincipal needs the Effect Deny")
	}
	return s, err
}

// element reads one member of a statement into it.
func (p *parser) element(s *statement, name string, n *node) (err error) {
	switch name {
	case "Sid":
		if _, ok := n.text(); !ok {
			return n.wrong("Sid must be a string")
		}
	case "Effect":
		effect, _ := n.text()
		if effect != "Allow" && effect != "Deny" {
			return n.wrong("Effect must be \"Allow\" or \"Deny\"")
		}
		s.deny = effect == "Deny"
	case "Principal", "NotPrincipal":
		s.others = name == "NotPrincipal"
		s.principals, err = p.principals(n)
	case "Action", "NotAction":
		s.actions.not = name == "NotAction"
		s.actions.patterns, err = p.patterns(name, n, isAction, reading{wild: true, fold: true})
	case "Resource", "NotResource":
		s.resources.not = name == "NotResource"
		s.resources.patterns, err = p.patterns(name, n, isResource, reading{wild: true, variables: p.variables})
	case "Condition":
		s.conditions, err = p.conditions(n)
	default:
		return n.wrong("element %q is unknown", name)
	}
	return err
}

// isAction reports whether the text is "*", or a service and an operation.
func isAction(text string) bool {
	service, operation, ok := strings.Cut(text, ":")
	return text == "*" || ok && service != "" && operation != ""
}

// isResource reports whether the text is "*", or begins as an ARN does.
func isResource(text string) bool { return text == "*" || strings.HasPrefix(text, "arn:") }

func (p *parser) patterns(name string, n *node, valid func(string) bool, how reading) (all []pattern, err error) {
	err = each(name, n, func(text string) error {
		if !valid(text) {
			return n.wrong("%s %q cannot be one", name, text)
		}
		compiled, err := compile(text, how)
		if err != nil {
			return n.wrong("%s %q: %w", name, text, err)
		}
		all = append(all, compiled)
		return nil
	})
	return all, err
}

// each calls do with every text of a string or a list of strings, of which
// there must be one at least.
func each(name string, n *node, do func(text string) error) error {
	list := []node{*n}
	if n.isList() {
		list = n.list
	}
	if len(list) == 0 {
		return n.wrong("%s is empty", name)
	}
	for i := range list {
		text, ok := list[i].text()
		if !ok {
			return list[i].wrong("%s must be a string or a list of strings", name)
		}
		if err := do(text); err != nil {
			return err
		}
	}
	return nil
}

// principals reads "*", or an object of lists by the kind of principal. Kinds
// that never call this server are left out.
func (p *parser) principals(n *node) (*principals, error) {
	s := &principals{}
	if text, ok := n.text(); ok && text == "*" {
		s.everybody = true
		return s, nil
	}
	if !n.isObject() || len(n.list) == 0 {
		return nil, n.wrong("Principal must be \"*\" or an object")
	}
	for i, kind := range n.members {
		add := func(string) error { return nil }
		switch kind {
		case "AWS":
			add = s.add
		case "Service", "Federated", "CanonicalUser":
		default:
			return nil, n.list[i].wrong("principals of kind %q are unknown", kind)
		}
		err := each("Principal", &n.list[i], func(text string) error {
			if err := add(text); err != nil {
				return n.list[i].wrong("%w", err)
			}
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	return s, nil
}

// conditions reads an object of operators, each an object of keys, each with a
// value or a list of them.
func (p *parser) conditions(n *node) (all []condition, err error) {
	if !n.isObject() {
		return nil, n.wrong("Condition must be an object")
	}
	for i, operator := range n.members {
		keys := &n.list[i]
		if !keys.isObject() {
			return nil, keys.wrong("what condition operator %q is about must be an object", operator)
		}
		for j, key := range keys.members {
			c, err := p.condition(operator, key, &keys.list[j])
			if err != nil {
				return nil, err
			}
			all = append(all, c)
		}
	}
	return all, nil
}

func (p *parser) condition(operator, key string, n *node) (condition, error) {
	c, compile, err := newCondition(operator, key)
	if err != nil {
		return c, n.wrong("%w", err)
	}
	values := []node{*n}
	if n.isList() {
		values = n.list
	}
	for i := range values {
		text, ok := scalar(&values[i])
		if !ok {
			return c, values[i].wrong("the value of %q must be a string or a list of strings", key)
		}
		w, err := compile(text, p.variables)
		if err != nil {
			return c, values[i].wrong("%s of %q: %w", operator, key, err)
		}
		c.wants = append(c.wants, w)
	}
	if len(c.wants) == 0 {
		return c, n.wrong("%q has no value", key)
	}
	return c, nil
}

// scalar returns a condition's value as text: numbers and booleans need no
// quotes.
func scalar(n *node) (string, bool) {
	switch v := n.value.(type) {
	case string:
		return v, true
	case json.Number:
		return v.String(), true
	case bool:
		if v {
			return "true", true
		}
		return "false", true
	}
	return "", false
}
