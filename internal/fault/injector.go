package fault

import (
	"errors"
	"math/rand/v2"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// MaxRules is how many rules an Injector has room for: every call goes through
// them all.
const MaxRules = 1000

// ErrTooMany is the answer to a rule for which there is no room.
var ErrTooMany = errors.New("1000 faults are in force already")

// Injector applies rules to calls. A nil one has none. It is safe for
// concurrent use; its zero value is ready.
type Injector struct {
	count atomic.Int32 // of rules, so that no lock is taken where there are none

	mu struct {
		sync.Mutex
		rules  []*active // in the order in which they were added
		lastID int
		hits   uint64
	}
}

// active is a rule in force.
type active struct {
	Active
	dice *rand.Rand
}

// Active is a rule in force, and what became of it so far.
type Active struct {
	ID int `json:"id"` // unique in its Injector, from 1 up
	Rule
	Matched int `json:"matched"` // calls that the rule was for
	Hits    int `json:"hits"`    // those that it happened to
}

// Idle reports whether no rule is in force.
func (i *Injector) Idle() bool { return i == nil || i.count.Load() == 0 }

// Add puts a checked rule into force, behind those that are.
func (i *Injector) Add(r Rule) (Active, error) {
	i.mu.Lock()
	defer i.mu.Unlock()
	if len(i.mu.rules) == MaxRules {
		return Active{}, ErrTooMany
	}
	i.mu.lastID++
	a := &active{Active{ID: i.mu.lastID, Rule: r}, rand.New(rand.NewPCG(r.Seed, 0))}
	i.mu.rules = append(i.mu.rules, a)
	i.count.Add(1)
	return a.Active, nil
}

// Remove takes a rule out of force and reports whether it was.
func (i *Injector) Remove(id int) bool {
	return i.remove(func(a *active) bool { return a.ID == id }) > 0
}

// Reset takes all rules out of force.
func (i *Injector) Reset() { i.remove(func(*active) bool { return true }) }

func (i *Injector) remove(which func(*active) bool) (removed int) {
	i.mu.Lock()
	defer i.mu.Unlock()
	before := len(i.mu.rules)
	i.mu.rules = slices.DeleteFunc(i.mu.rules, which)
	i.count.Store(int32(len(i.mu.rules)))
	return before - len(i.mu.rules)
}

// List returns the rules in force, oldest first. One that is used up is none.
func (i *Injector) List() []Active {
	i.mu.Lock()
	defer i.mu.Unlock()
	list := make([]Active, len(i.mu.rules))
	for n, a := range i.mu.rules {
		list[n] = a.Active
	}
	return list
}

// Hits returns how many calls something has happened to.
func (i *Injector) Hits() uint64 {
	if i == nil {
		return 0
	}
	i.mu.Lock()
	defer i.mu.Unlock()
	return i.mu.hits
}

// Call is what rules are matched with.
type Call struct {
	Operation string
	// Stream returns the name of the stream that the call is about, empty when
	// there is none. It is asked only when a rule wants to know.
	Stream func() string
	// Records counts the records of a PutRecords call.
	Records int
}

// Outcome is what happens to a call. The zero Outcome is nothing.
type Outcome struct {
	// Delay is how long it waits first, whatever the Kind.
	Delay time.Duration
	// Kind is what happens then: never Delay.
	Kind Kind
	// Records tells of each record whether it is hit, for a kind that happens
	// to records.
	Records []bool
	// Code and Message are the answer of kind Error.
	Code, Message string
}

// Decide returns what happens to the call. Delays add up; of the other rules
// that hit, the first decides.
func (i *Injector) Decide(c Call) Outcome {
	if i.Idle() {
		return Outcome{}
	}
	i.mu.Lock()
	defer i.mu.Unlock()
	var out Outcome
	queued, hit, usedUp := false, false, false
	stream := sync.OnceValue(c.Stream)
	for _, a := range i.mu.rules {
		if a.Operation != c.Operation && a.Operation != AnyOperation || a.Stream != "" && a.Stream != stream() {
			continue
		}
		if a.Times > 0 {
			if queued {
				continue
			}
			queued = true
		}
		a.Matched++
		records, happens := a.roll(c.Records)
		if !happens || a.Kind != Delay && out.Kind != None {
			continue
		}
		a.Hits++
		hit = true
		usedUp = usedUp || a.Hits == a.Times
		out.Delay += time.Duration(a.By)
		if a.Kind != Delay {
			out.Kind, out.Records, out.Code, out.Message = a.Kind, records, a.Code, a.Message
		}
	}
	if hit {
		i.mu.hits++
	}
	if usedUp {
		i.mu.rules = slices.DeleteFunc(i.mu.rules, func(a *active) bool { return a.Times > 0 && a.Hits == a.Times })
		i.count.Store(int32(len(i.mu.rules)))
	}
	return out
}

// roll decides whether the rule happens to a call, or to which of its records.
// It is called for every call that matches, so that the decisions of a rule
// depend on nothing else.
func (a *active) roll(records int) (which []bool, happens bool) {
	if !a.Kind.OfRecords() {
		return nil, a.rollOnce()
	}
	which = make([]bool, records)
	for n := range which {
		which[n] = a.rollOnce()
		happens = happens || which[n]
	}
	return which, happens
}

func (a *active) rollOnce() bool { return a.P == 0 || a.P == 1 || a.dice.Float64() < a.P }
