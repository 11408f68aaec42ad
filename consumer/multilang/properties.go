package multilang

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Properties are the settings of a MultiLangDaemon, by name. The first letter of
// a name may be in either case.
type Properties map[string]string

// Load reads a file in the format of Java's Properties.
func Load(file string) (Properties, error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	p, err := Parse(f)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	return p, nil
}

// Parse reads properties: lines of name = value, name: value or name value, with
// comments after # or !, lines continued after a backslash, and Java's escapes.
func Parse(r io.Reader) (Properties, error) {
	p := Properties{}
	lines := bufio.NewScanner(r)
	for n := 1; lines.Scan(); n++ {
		line := strings.TrimLeft(lines.Text(), " \t\f")
		if line == "" || line[0] == '#' || line[0] == '!' {
			continue
		}
		first := n
		for continued(line) && lines.Scan() {
			n++
			line = line[:len(line)-1] + strings.TrimLeft(lines.Text(), " \t\f")
		}
		name, value, err := split(line)
		if err != nil {
			return nil, fmt.Errorf("line %d: %w", first, err)
		}
		p[canonical(name)] = strings.TrimRight(value, " \t")
	}
	return p, lines.Err()
}

// continued reports whether a line ends in an odd number of backslashes.
func continued(line string) bool {
	return (len(line)-len(strings.TrimRight(line, `\`)))%2 == 1
}

// split returns the name and the value of a line, with their escapes replaced.
func split(line string) (name, value string, err error) {
	end := 0
	for end < len(line) && !strings.ContainsRune("=: \t\f", rune(line[end])) {
		if line[end] == '\\' {
			end++
		}
		end++
	}
	end = min(end, len(line))
	rest := strings.TrimLeft(line[end:], " \t\f")
	if rest != "" && (rest[0] == '=' || rest[0] == ':') {
		rest = strings.TrimLeft(rest[1:], " \t\f")
	}
	if name, err = unescape(line[:end]); err != nil {
		return "", "", err
	}
	value, err = unescape(rest)
	return name, value, err
}

// unescape replaces Java's escapes.
func unescape(text string) (string, error) {
	if !strings.Contains(text, `\`) {
		return text, nil
	}
	var b strings.Builder
	for i := 0; i < len(text); i++ {
		if text[i] != '\\' || i+1 == len(text) {
			b.WriteByte(text[i])
			continue
		}
		i++
		switch text[i] {
		case 't':
			b.WriteByte('\t')
		case 'n':
			b.WriteByte('\n')
		case 'r':
			b.WriteByte('\r')
		case 'f':
			b.WriteByte('\f')
		case 'u':
			if i+5 > len(text) {
				return "", fmt.Errorf("%q has an escape that is cut off", text)
			}
			code, err := strconv.ParseUint(text[i+1:i+5], 16, 16)
			if err != nil {
				return "", fmt.Errorf("%q has an escape that is not hexadecimal", text)
			}
			b.Write(utf8.AppendRune(nil, rune(code)))
			i += 4
		default:
			b.WriteByte(text[i])
		}
	}
	return b.String(), nil
}

// canonical returns a name with its first letter in lower case.
func canonical(name string) string {
	if name == "" {
		return ""
	}
	return strings.ToLower(name[:1]) + name[1:]
}

// Get returns the value of the first of the names that has one, or "".
func (p Properties) Get(names ...string) string {
	for _, name := range names {
		if value := p[canonical(name)]; value != "" {
			return value
		}
	}
	return ""
}
