package sigv4

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
)

// Credential is one access key.
type Credential struct {
	AccessKeyID     string
	SecretAccessKey string
	SessionToken    string // empty for a long-lived key
	Account         string // 12 digits
}

// Credentials are the known access keys, by access key id.
type Credentials map[string]Credential

// LoadCredentials reads a credentials file:
//
//	{"credentials": [
//	  {"accessKeyId": "…", "secretAccessKey": "…", "sessionToken": "…", "account": "123456789012"}
//	]}
//
// The session token may be left out. Whatever is unknown, missing or given
// twice is an error with the line.
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
	p := credentialsParser{text: text, dec: json.NewDecoder(bytes.NewReader(text))}
	c, err := p.file()
	if err != nil {
		return nil, fmt.Errorf("line %d: %w", p.line(), err)
	}
	return c, nil
}

// credentialsParser walks the file token by token, since encoding/json does
// not tell where an unknown key stands.
type credentialsParser struct {
	text []byte
	dec  *json.Decoder
}

// line returns the line of the last token read.
func (p *credentialsParser) line() int {
	return 1 + bytes.Count(p.text[:p.dec.InputOffset()], []byte{'\n'})
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
		if key != "credentials" {
			return nil, fmt.Errorf("unknown key %q", key)
		}
		if err := p.list(all); err != nil {
			return nil, err
		}
	}
	if err := p.expect(json.Delim('}')); err != nil {
		return nil, err
	}
	if _, err := p.dec.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("text after the end")
	}
	return all, nil
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
	fields := map[string]*string{
		"accessKeyId": &c.AccessKeyID, "secretAccessKey": &c.SecretAccessKey,
		"sessionToken": &c.SessionToken, "account": &c.Account,
	}
	for p.dec.More() {
		key, err := p.word()
		if err != nil {
			return c, err
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
	switch {
	case c.AccessKeyID == "":
		return c, errors.New("accessKeyId is missing")
	case c.SecretAccessKey == "":
		return c, errors.New("secretAccessKey is missing")
	case !isAccount(c.Account):
		return c, fmt.Errorf("account must have 12 digits, not %q", c.Account)
	}
	return c, nil
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
