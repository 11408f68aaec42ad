package keys

import (
	"bytes"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
)

// ringKey is a master key as a key ring's file has it.
type ringKey struct {
	ID      string   `json:"id"`
	Aliases []string `json:"aliases"`
	ARN     string   `json:"arn,omitempty"`
	Key     string   `json:"key"` // base64 of 32 bytes
	State   string   `json:"state"`
}

const (
	stateEnabled  = "enabled"
	stateDisabled = "disabled"
)

// OpenRing reads a key ring's file, or makes it when there is none: with one key
// that has the alias ManagedAlias, readable by its owner alone, durable before
// OpenRing returns.
//
//	{"keys": [
//	  {"id": "…uuid…", "aliases": ["alias/aws/kinesis"], "arn": "…", "key": "…base64 of 32 bytes…", "state": "enabled"}
//	]}
//
// Aliases and the ARN may be left out, and the state, which is enabled or
// disabled. Whatever is unknown, missing or given twice is an error with the
// line; no error has a key in it.
func OpenRing(path string) (r *Ring, made bool, err error) {
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		made = true
		text, err = makeRing(path)
	}
	if err != nil {
		return nil, false, fmt.Errorf("open key ring: %w", err)
	}
	if r, err = ParseRing(text); err != nil {
		return nil, false, fmt.Errorf("key ring %s: %w", path, err)
	}
	return r, made, nil
}

// makeRing writes the file of a new ring and returns its text. It never
// replaces a file.
func makeRing(path string) (text []byte, err error) {
	text, err = json.MarshalIndent(map[string][]ringKey{"keys": {drawKey()}}, "", "  ")
	if err != nil {
		return nil, err
	}
	text = append(text, '\n')
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return nil, err
	}
	_, err = f.Write(text)
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return nil, errors.Join(err, os.Remove(path))
	}
	return text, syncFolder(filepath.Dir(path))
}

func syncFolder(path string) error {
	d, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// drawKey returns a new key.
func drawKey() ringKey {
	var id [16]byte
	key := make([]byte, DataKeyBytes)
	rand.Read(id[:]) // never fails
	rand.Read(key)
	id[6], id[8] = id[6]&0x0f|0x40, id[8]&0x3f|0x80 // RFC 9562, version 4
	return ringKey{
		ID:      fmt.Sprintf("%x-%x-%x-%x-%x", id[:4], id[4:6], id[6:8], id[8:10], id[10:]),
		Aliases: []string{ManagedAlias},
		Key:     base64.StdEncoding.EncodeToString(key),
		State:   stateEnabled,
	}
}

// What names look like. Their lengths are bounded apart: a bound in the
// expression makes it hundreds of times larger.
var (
	keyIDForm = regexp.MustCompile(`^[A-Za-z0-9-]+$`)
	aliasForm = regexp.MustCompile(`^alias/[A-Za-z0-9/_-]+$`)
	keyARN    = regexp.MustCompile(`^arn:[a-z-]+:kms:[a-z0-9-]+:[0-9]{12}:key/([A-Za-z0-9-]+)$`)
)

const (
	maxKeyIDBytes = 64
	maxAliasBytes = 256
)

// master checks the key and makes it ready.
func (k *ringKey) master() (master, error) {
	m := master{id: k.ID, aliases: k.Aliases, arn: k.ARN, disabled: k.State == stateDisabled}
	if len(k.ID) > maxKeyIDBytes || !keyIDForm.MatchString(k.ID) {
		return m, fmt.Errorf("id must be letters, digits and hyphens, as in a UUID, not %q", k.ID)
	}
	for _, alias := range k.Aliases {
		if len(alias) > maxAliasBytes || !aliasForm.MatchString(alias) {
			return m, fmt.Errorf("alias must begin with alias/, not %q", alias)
		}
	}
	if k.ARN != "" {
		if match := keyARN.FindStringSubmatch(k.ARN); match == nil || match[1] != k.ID {
			return m, fmt.Errorf("arn must be the ARN of key %s, not %q", k.ID, k.ARN)
		}
	}
	if k.State != "" && k.State != stateEnabled && k.State != stateDisabled {
		return m, fmt.Errorf("state must be enabled or disabled, not %q", k.State)
	}
	secret, err := base64.StdEncoding.DecodeString(k.Key)
	if err != nil || len(secret) != DataKeyBytes {
		return m, fmt.Errorf("key must be base64 of %d bytes", DataKeyBytes)
	}
	m.aead, err = newAEAD(secret)
	return m, err
}

// ParseRing reads the text of a key ring's file.
func ParseRing(text []byte) (*Ring, error) {
	p := ringParser{text: text, dec: json.NewDecoder(bytes.NewReader(text)), named: make(map[string]bool)}
	r, err := p.file()
	if err != nil {
		return nil, fmt.Errorf("line %d: %w", p.line(), err)
	}
	return r, nil
}

// ringParser walks the file token by token, since encoding/json does not tell
// where an unknown key stands.
type ringParser struct {
	text  []byte
	dec   *json.Decoder
	named map[string]bool // the ids and aliases so far
}

// line returns the line of the last token read.
func (p *ringParser) line() int {
	return 1 + bytes.Count(p.text[:p.dec.InputOffset()], []byte{'\n'})
}

func (p *ringParser) file() (*Ring, error) {
	r := &Ring{}
	err := p.object(func(key string) error {
		if key != "keys" {
			return fmt.Errorf("unknown key %q", key)
		}
		return p.list(func() error {
			m, err := p.key()
			if err != nil {
				return err
			}
			for _, name := range append([]string{m.id}, m.aliases...) {
				if p.named[name] {
					return fmt.Errorf("%q is given twice", name)
				}
				p.named[name] = true
			}
			r.keys = append(r.keys, m)
			return nil
		})
	})
	if err != nil {
		return nil, err
	}
	if _, err := p.dec.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("text after the end")
	}
	return r, nil
}

func (p *ringParser) key() (master, error) {
	var k ringKey
	fields := map[string]*string{"id": &k.ID, "arn": &k.ARN, "key": &k.Key, "state": &k.State}
	err := p.object(func(key string) (err error) {
		field, ok := fields[key]
		switch {
		case key == "aliases":
			return p.list(func() error {
				alias, err := p.word()
				k.Aliases = append(k.Aliases, alias)
				return err
			})
		case !ok:
			return fmt.Errorf("unknown key %q", key)
		}
		if *field, err = p.word(); err != nil {
			return fmt.Errorf("%s: %w", key, err)
		}
		return nil
	})
	if err != nil {
		return master{}, err
	}
	return k.master()
}

// object reads an object, whose values are read by member.
func (p *ringParser) object(member func(key string) error) error {
	return p.within('{', '}', func() error {
		key, err := p.word()
		if err != nil {
			return err
		}
		return member(key)
	})
}

// list reads a list, each of whose elements is read by element.
func (p *ringParser) list(element func() error) error { return p.within('[', ']', element) }

func (p *ringParser) within(from, to json.Delim, each func() error) error {
	if err := p.expect(from); err != nil {
		return err
	}
	for p.dec.More() {
		if err := each(); err != nil {
			return err
		}
	}
	return p.expect(to)
}

// word reads one string. What it finds instead may be a secret, and is not told.
func (p *ringParser) word() (string, error) {
	t, err := p.dec.Token()
	if err != nil {
		return "", p.syntax(err)
	}
	s, ok := t.(string)
	if !ok {
		return "", errors.New("want a string")
	}
	return s, nil
}

func (p *ringParser) expect(want json.Delim) error {
	t, err := p.dec.Token()
	if err != nil {
		return p.syntax(err)
	}
	if t != want {
		return fmt.Errorf("want %v", want)
	}
	return nil
}

// syntax names an early end as what it is.
func (p *ringParser) syntax(err error) error {
	if errors.Is(err, io.EOF) || strings.Contains(err.Error(), "unexpected EOF") {
		return errors.New("the text ends early")
	}
	return err
}
