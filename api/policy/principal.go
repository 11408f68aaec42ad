package policy

import (
	"fmt"
	"slices"
	"strings"
)

// Principal is who makes a request.
type Principal struct {
	Account string // 12 digits
	ARN     string // of the user, or of the session of a role
}

// Role returns the ARN of the role whose session the principal is, without the
// path that a session's ARN does not tell, and "" when it is none.
func (p *Principal) Role() string {
	head, rest, ok := strings.Cut(p.ARN, ":assumed-role/")
	if !ok {
		return ""
	}
	role, _, _ := strings.Cut(rest, "/")
	return strings.Replace(head, ":sts:", ":iam:", 1) + ":role/" + role
}

// principals is a Principal element, or that of its Not form.
type principals struct {
	everybody bool
	accounts  []string
	arns      []string
}

// match returns allowed when the very principal is meant, allowedAccount when
// its account is, and silent when neither is.
func (s *principals) match(p *Principal) verdict {
	switch role := p.Role(); {
	case s.everybody, slices.Contains(s.arns, p.ARN), role != "" && slices.Contains(s.arns, role):
		return allowed
	case slices.Contains(s.accounts, p.Account):
		return allowedAccount
	}
	return silent
}

// add adds what stands under the key AWS.
func (s *principals) add(text string) error {
	if text == "*" {
		s.everybody = true
		return nil
	}
	if isAccount(text) {
		s.accounts = append(s.accounts, text)
		return nil
	}
	part := strings.SplitN(text, ":", 6)
	if len(part) != 6 || part[0] != "arn" || part[2] != "iam" && part[2] != "sts" || part[3] != "" ||
		!isAccount(part[4]) || part[5] == "" || strings.ContainsAny(text, "*?") {
		return fmt.Errorf("principal %q is neither \"*\" nor an account nor the ARN of a user or role", text)
	}
	if part[5] == "root" {
		s.accounts = append(s.accounts, part[4])
	} else {
		s.arns = append(s.arns, text)
	}
	return nil
}

func isAccount(text string) bool {
	return len(text) == 12 && strings.Trim(text, "0123456789") == ""
}
