package policy

import "slices"

// Document is a parsed policy. It never changes, and may be used concurrently.
// The zero value allows nothing and denies nothing.
type Document struct {
	statements []statement
}

// Kind is where a policy is attached, which decides what it must say.
type Kind int

const (
	// Identity is a policy of a caller: it names resources and no principals.
	Identity Kind = iota
	// Resource is a policy of a resource: it names principals too.
	Resource
)

// statement is one element of a Document. It speaks about a request when all
// of its parts match.
type statement struct {
	deny       bool
	principals *principals // nil in a policy of an identity
	others     bool        // the principals are those that are not meant
	actions    scope
	resources  scope
	conditions []condition
}

// scope is an Action or Resource element, or its Not form.
type scope struct {
	patterns []pattern
	not      bool
}

func (s *scope) matches(text string, r *Request) bool {
	return s.not != slices.ContainsFunc(s.patterns, func(p pattern) bool { return p.matches(text, r) })
}

// Request is what a policy is asked about.
type Request struct {
	Action    string // such as "kinesis:PutRecord"
	Resource  string // an ARN, or "*" for what is about no resource
	Principal Principal
	// Values returns the values of a condition key, which is given in lower
	// case; none when the request has no such key.
	Values func(key string) []string
}

// verdict is what a policy says about a request.
type verdict int

const (
	silent verdict = iota
	// allowedAccount allows the account of the principal, whose own policies
	// decide on.
	allowedAccount
	// allowed allows the very principal.
	allowed
	denied
)

// judge returns the strongest verdict of the document's statements.
func (d *Document) judge(r *Request) verdict {
	strongest := silent
	for i := range d.statements {
		strongest = max(strongest, d.statements[i].judge(r))
	}
	return strongest
}

func (s *statement) judge(r *Request) verdict {
	said := allowed
	if s.principals != nil {
		said = s.principals.match(&r.Principal)
	}
	if s.others { // only in statements that deny
		if said == silent {
			said = allowed
		} else {
			said = silent
		}
	}
	switch {
	case said == silent, !s.actions.matches(r.Action, r), !s.resources.matches(r.Resource, r):
		return silent
	}
	for i := range s.conditions {
		if !s.conditions[i].holds(r) {
			return silent
		}
	}
	if s.deny {
		return denied
	}
	return said
}
