package api

import (
	"math"
	"regexp"
	"sync"
)

// Service is the table of one AWS API: what its model says and the SDK's Go
// types do not. Tables are built once and never changed.
type Service struct {
	SigningName string // in credential scopes, such as "kinesis"
	// ActionPrefix is what actions begin with in policies; empty where that is
	// SigningName.
	ActionPrefix string
	// JSON10 says that the API speaks AWS JSON 1.0 in place of 1.1 and of AWS
	// CBOR.
	JSON10 bool
	// JSONOnly says that the API does not speak Smithy RPC v2 CBOR either.
	JSONOnly bool
	// Namespace is what stands before the codes of the API's own errors in AWS
	// JSON 1.0, such as "com.amazonaws.dynamodb.v20120810".
	Namespace    string
	TargetPrefix string // of X-Amz-Target, such as "Kinesis_20131202"
	// Query is set for an API that speaks AWS Query too, or alone.
	Query      *Query
	Operations map[string]*Operation
	// Unshaped names the operations for which the SDK has no shapes yet, and
	// those of an API of which this server has a part that are not in it. They
	// can only be refused, and are by name.
	Unshaped map[string]bool
	// RequiredLists names the lists of outputs that are written even when they
	// are empty, as "Shape.Member" by the SDK's Go names.
	RequiredLists map[string]bool
}

// Query is what AWS Query needs to know of an API.
type Query struct {
	Version   string // such as "2010-08-01"; no two APIs here have the same
	Namespace string // of the XML of answers
	// Codes are the codes that errors have in AWS Query, where those differ from
	// the model's names. In the other protocols they go beside the name, in the
	// header that clients look into which have the old code in their programs.
	Codes map[string]string
}

// Operation is one operation of a Service.
type Operation struct {
	Name     string
	Input    *Structure
	Errors   []string // codes the model declares; those common to all are not repeated
	NoOutput bool     // a success has an empty body
	Free     bool     // whoever is authenticated may call it, whatever policies say
}

// Structure is a structure of an input.
type Structure struct {
	// Members are in the order of the model, in which types are checked.
	Members []Member
	// reported holds indexes of Members in the order in which broken
	// constraints are reported.
	reported []int
}

// Member is a named part of a Structure.
type Member struct {
	Name string // as in the model and on the wire, such as "StreamName"
	Shape
}

// Shape is what the model demands of a value besides its type, which the Go
// type carries. The zero Shape demands nothing.
type Shape struct {
	Required bool
	// Unserved says that this server has not what the member asks for. An
	// input that has it is refused, by the member's name.
	Unserved bool
	Length   Range // of a string in characters, a blob in bytes, a list or map in entries
	Range    Range // of a number
	Pattern  *Pattern
	Enum     []string   // in the order in which messages list it
	Element  *Shape     // of a list
	Key      *Shape     // of a map of strings
	Value    *Shape     // of a map
	Fields   *Structure // of a structure
}

// Range is an inclusive range. The zero Range allows everything.
type Range struct {
	Min, Max int64
}

// AtLeast is the range with no upper end.
func AtLeast(n int64) Range { return Range{n, math.MaxInt64} }

// NewStructure returns a structure with members in the order of the model.
func NewStructure(members ...Member) *Structure {
	return (&Structure{Members: members}).Reported()
}

// Reported sets the order in which broken constraints are reported: the named
// members first, then the others in the order of the model. It panics on a
// name the structure does not have.
func (s *Structure) Reported(names ...string) *Structure {
	s.reported = make([]int, 0, len(s.Members))
	taken := make([]bool, len(s.Members))
	for _, name := range names {
		i := s.index(name)
		s.reported = append(s.reported, i)
		taken[i] = true
	}
	for i := range s.Members {
		if !taken[i] {
			s.reported = append(s.reported, i)
		}
	}
	return s
}

// index returns the place of the member in the model, -1 when there is none.
func (s *Structure) index(name string) int {
	for i := range s.Members {
		if s.Members[i].Name == name {
			return i
		}
	}
	return -1
}

// Pattern is a regular expression that a whole value must match. It is
// compiled when first used, since a server's start should not wait for that.
type Pattern struct {
	Text    string // as in the model; quoted in messages
	compile func() *regexp.Regexp
}

// NewPattern returns the pattern with the model's text.
func NewPattern(text string) *Pattern {
	return &Pattern{text, sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`^(?:` + text + `)$`)
	})}
}

// Match reports whether all of value matches.
func (p *Pattern) Match(value string) bool { return p.compile().MatchString(value) }

// Enum returns the texts of an enum of the SDK.
func Enum[T ~string](values ...T) []string {
	texts := make([]string, len(values))
	for i, v := range values {
		texts[i] = string(v)
	}
	return texts
}
