package sigv4

import (
	"encoding/json"
	"errors"
	"fmt"

	"github.com/leat-io/leat/api/policy"
)

// policyUse is a policy of a credential: by its name, which may be defined
// further down in the file, or as it is.
type policyUse struct {
	accessKey string
	name      string
	end       int // the offset after it
	inline    *policy.Document
}

// namedPolicies reads an object of policies by their names.
func (p *credentialsParser) namedPolicies() error {
	if err := p.expect(json.Delim('{')); err != nil {
		return err
	}
	for p.dec.More() {
		name, err := p.word()
		if err != nil {
			return err
		}
		if _, twice := p.policies[name]; twice {
			return fmt.Errorf("policy %q is given twice", name)
		}
		raw, err := p.raw()
		if err != nil {
			return err
		}
		if p.policies[name], err = p.policy(raw); err != nil {
			return fmt.Errorf("policy %q: %w", name, err)
		}
	}
	return p.expect(json.Delim('}'))
}

// policyList reads a credential's list of names and policies.
func (p *credentialsParser) policyList() (uses []policyUse, err error) {
	if err := p.expect(json.Delim('[')); err != nil {
		return nil, err
	}
	for p.dec.More() {
		raw, err := p.raw()
		if err != nil {
			return nil, err
		}
		use := policyUse{end: int(p.dec.InputOffset())}
		switch raw[0] {
		case '"':
			err = json.Unmarshal(raw, &use.name)
		case '{':
			use.inline, err = p.policy(raw)
		default:
			err = fmt.Errorf("want a name or a policy, not %s", raw)
		}
		if err != nil {
			return nil, err
		}
		uses = append(uses, use)
	}
	return uses, p.expect(json.Delim(']'))
}

// resolve gives the credentials their policies.
func (p *credentialsParser) resolve(all Credentials) error {
	for _, use := range p.uses {
		document := use.inline
		if document == nil {
			var ok bool
			if document, ok = p.policies[use.name]; !ok {
				p.at = use.end
				return fmt.Errorf("policies: there is no policy %q", use.name)
			}
		}
		c := all[use.accessKey]
		c.Policies = append(c.Policies, document)
		all[use.accessKey] = c
	}
	return nil
}

// raw reads one value as it is written.
func (p *credentialsParser) raw() (raw json.RawMessage, err error) {
	err = p.dec.Decode(&raw)
	return raw, err
}

// policy reads a policy, the last value that was read.
func (p *credentialsParser) policy(raw json.RawMessage) (*policy.Document, error) {
	d, err := policy.Parse(raw, policy.Identity)
	var syntax *policy.SyntaxError
	if errors.As(err, &syntax) {
		p.at = int(p.dec.InputOffset()) - len(raw) + syntax.Offset
	}
	return d, err
}
