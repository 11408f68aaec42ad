package sigv4

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/leat-io/leat/api/policy"
)

// Credential is one access key.
type Credential struct {
	AccessKeyID     string
	SecretAccessKey string
	SessionToken    string    // empty for a long-lived key
	Expires         time.Time // of the session; zero for never
	Account         string    // 12 digits
	ARN             string    // of the user, or of the session of a role
	// Policies say what the key may do. With nil it may do everything in its
	// account, with none nothing.
	Policies []*policy.Document
}

// Credentials are the known access keys, by access key id.
type Credentials map[string]Credential

// LoadCredentials reads a credentials file:
//
//	{"policies": {"reader": {"Version": "2012-10-17", "Statement": […]}},
//	 "credentials": [
//	  {"accessKeyId": "…", "secretAccessKey": "…", "account": "123456789012",
//	   "sessionToken": "…", "expires": "2026-12-31T00:00:00Z",
//	   "arn": "arn:aws:iam::123456789012:user/ann", "policies": ["reader", {"Statement": […]}]}
//	]}
//
// Beside the key, the secret and the account everything may be left out. The
// ARN is then that of a user named like the key. Whatever is unknown, missing
// or given twice is an error with the line.
func LoadCredentials(path string) (Credentials, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("read credentials: %w", err)
	}
	c, err := ParseCredentials(text)
	if err != nil {
		return nil, fmt.Errorf("credentials file %s: %w", path, err)
	}
	return c, nil
}

// ParseCredentials reads the text of a credentials file.
func ParseCredentials(text []byte) (Credentials, error) {
	p := credentialsParser{
		text: text, dec: json.NewDecoder(bytes.NewReader(text)),
		policies: map[string]*policy.Document{}, at: -1,
	}
	c, err := p.file()
	if err != nil {
		return nil, fmt.Errorf("line %d: %w", p.line(), err)
	}
	return c, nil
}

// credentialsParser walks the file token by token, since encoding/json does
// not tell where an unknown key stands.
type credentialsParser struct {
	text     []byte
	dec      *json.Decoder
	policies map[string]*policy.Document // those with a name
	uses     []policyUse
	at       int // the offset of what is wrong, if it is not the last token; -1
}

// line returns the line of what is wrong.
func (p *credentialsParser) line() int {
	at := p.at
	if at < 0 {
		at = int(p.dec.InputOffset())
	}
	return 1 + bytes.Count(p.text[:at], []byte{'\n'})
}

func (p *credentialsParser) file() (Credentials, error) {
	all := Credentials{}
	if err := p.expect(json.Delim('{')); err != nil {
		return nil, err
	}
	for p.dec.More() {
		key, err := p.word()
		if err != nil {
			return nil, err
		}
		switch key {
		case "credentials":
			err = p.list(all)
		case "policies":
			err = p.namedPolicies()
		default:
			err = fmt.Errorf("unknown key %q", key)
		}
		if err != nil {
			return nil, err
		}
	}
	if err := p.expect(json.Delim('}')); err != nil {
		return nil, err
	}
	if _, err := p.dec.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("text after the end")
	}
	return all, p.resolve(all)
}

func (p *credentialsParser) list(all Credentials) error {
	if err := p.expect(json.Delim('[')); err != nil {
		return err
	}
	for p.dec.More() {
		c, err := p.credential()
		if err != nil {
			return err
		}
		if _, twice := all[c.AccessKeyID]; twice {
			return fmt.Errorf("access key %q is given twice", c.AccessKeyID)
		}
		all[c.AccessKeyID] = c
	}
	return p.expect(json.Delim(']'))
}

func (p *credentialsParser) credential() (c Credential, err error) {
	if err := p.expect(json.Delim('{')); err != nil {
		return c, err
	}
	var expires string
	var uses []policyUse
	fields := map[string]*string{
		"accessKeyId": &c.AccessKeyID, "secretAccessKey": &c.SecretAccessKey,
		"sessionToken": &c.SessionToken, "expires": &expires, "account": &c.Account, "arn": &c.ARN,
	}
	given := map[string]bool{}
	for p.dec.More() {
		key, err := p.word()
		if err != nil {
			return c, err
		}
		if given[key] {
			return c, fmt.Errorf("%s is given twice", key)
		}
		given[key] = true
		if key == "policies" {
			if uses, err = p.policyList(); err != nil {
				return c, fmt.Errorf("policies: %w", err)
			}
			continue
		}
		field, ok := fields[key]
		if !ok {
			return c, fmt.Errorf("unknown key %q", key)
		}
		if *field, err = p.word(); err != nil {
			return c, fmt.Errorf("%s: %w", key, err)
		}
	}
	if err := p.expect(json.Delim('}')); err != nil {
		return c, err
	}
	if given["policies"] {
		c.Policies = []*policy.Document{}
	}
	for i := range uses {
		uses[i].accessKey = c.AccessKeyID
	}
	p.uses = append(p.uses, uses...)
	return c, c.complete(expires)
}

// complete judges a credential and fills in what may be left out.
func (c *Credential) complete(expires string) (err error) {
	if c.ARN == "" {
		c.ARN = "arn:aws:iam::" + c.Account + ":user/" + c.AccessKeyID
	}
	if expires != "" {
		if c.Expires, err = time.Parse(time.RFC3339, expires); err != nil {
			return fmt.Errorf("expires must be a time such as 2026-12-31T00:00:00Z, not %q", expires)
		}
	}
	switch {
	case c.AccessKeyID == "":
		return errors.New("accessKeyId is missing")
	case c.SecretAccessKey == "":
		return errors.New("secretAccessKey is missing")
	case !isAccount(c.Account):
		return fmt.Errorf("account must have 12 digits, not %q", c.Account)
	case expires != "" && c.SessionToken == "":
		return errors.New("expires is for keys with a sessionToken")
	}
	part := strings.SplitN(c.ARN, ":", 6)
	if len(part) < 6 || part[0] != "arn" || part[2] != "iam" && part[2] != "sts" || part[4] != c.Account || part[5] == "" {
		return fmt.Errorf("arn must be that of a user or role of account %s, not %q", c.Account, c.ARN)
	}
	return nil
}

// word reads one string.
func (p *credentialsParser) word() (string, error) {
	t, err := p.dec.Token()
	if err != nil {
		return "", err
	}
	s, ok := t.(string)
	if !ok {
		return "", fmt.Errorf("want a string, not %v", t)
	}
	return s, nil
}

func (p *credentialsParser) expect(want json.Delim) error {
	t, err := p.dec.Token()
	if err != nil {
		return err
	}
	if t != want {
		return fmt.Errorf("want %v, not %v", want, t)
	}
	return nil
}
