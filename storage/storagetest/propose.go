package storagetest

import (
	"fmt"
	"strings"
	"sync"

	"github.com/leat-io/leat/storage"
)

var proposeTests = []test{
	{"returns what Apply returned", proposeResult},
	{"commands are applied in the order of the calls", proposeOrder},
	{"each command goes to the named machine", proposeMachines},
	{"an unknown machine is an error", proposeUnknown},
	{"no reference to the command is kept", proposeKeepsNothing},
	{"a large command is applied", proposeLarge},
	{"concurrent results are those of one order", proposeConcurrent},
}

func proposeResult(f *fixture) {
	for i, want := range []Result{{1, ""}, {2, "a"}, {3, "b"}} {
		if got := f.propose(Command{Value: string(rune('a' + i))}); got != want {
			f.Errorf("command %d gives %+v, want %+v", i, got, want)
		}
	}
}

func proposeOrder(f *fixture) {
	var want Catalog
	for i := range 50 {
		c := Command{Value: fmt.Sprint(i)}
		f.propose(c)
		want.Apply(c.Encode(), &storage.Effects{})
	}
	if got := f.catalog.State(); got != want.State() {
		f.Errorf("state %s, want %s", got, want.State())
	}
}

func proposeMachines(f *fixture) {
	f.propose(Command{Value: "for the catalog"})
	result, err := f.log.Propose(f.ctx, otherName, Command{Value: "for the other"}.Encode())
	if err != nil || result != (Result{Count: 1}) {
		f.Errorf("propose: %+v, %v", result, err)
	}
	if f.catalog.Value() != "for the catalog" || f.other.Value() != "for the other" {
		f.Errorf("the machines hold %q and %q", f.catalog.Value(), f.other.Value())
	}
}

func proposeUnknown(f *fixture) {
	if result, err := f.log.Propose(f.ctx, "nobody", Command{}.Encode()); err == nil {
		f.Errorf("a machine that does not exist answers %v", result)
	}
	if got := f.propose(Command{}); got.Count != 1 { // the log goes on
		f.Errorf("the first command of the catalog is its number %d", got.Count)
	}
}

func proposeKeepsNothing(f *fixture) {
	for i := range 10 {
		b := Command{Value: fmt.Sprint("value ", i)}.Encode()
		if _, err := f.log.Propose(f.ctx, catalogName, b); err != nil {
			f.Fatal(err)
		}
		scribble(b)
	}
	if f.engine.Durable {
		f.reopen()
	}
	if got := f.catalog.Value(); got != "value 9" {
		f.Errorf("value %q", got)
	}
}

func proposeLarge(f *fixture) {
	value := strings.Repeat("x", f.engine.MaxRecordBytes/10)
	f.propose(Command{Value: value})
	if got := f.propose(Command{}); got.Previous != value {
		f.Errorf("the large value is %d bytes, want %d", len(got.Previous), len(value))
	}
}

// proposeConcurrent swaps unique values in from several goroutines. In any
// order the values that were swapped out form one chain.
func proposeConcurrent(f *fixture) {
	const proposers, each = 8, 50
	var (
		wg   sync.WaitGroup
		mu   sync.Mutex
		next = make(map[string]string) // the value that replaced a value
		at   = make(map[string]uint64) // the count of the command that set it
	)
	for p := range proposers {
		wg.Go(func() {
			for i := range each {
				value := fmt.Sprint(p, "-", i)
				result, err := f.log.Propose(f.ctx, catalogName, Command{Value: value}.Encode())
				if err != nil {
					f.Errorf("propose: %v", err)
					return
				}
				r := result.(Result)
				mu.Lock()
				if by, twice := next[r.Previous]; twice {
					f.Errorf("%q was replaced by %q and by %q", r.Previous, by, value)
				}
				next[r.Previous], at[value] = value, r.Count
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	value := ""
	for count := uint64(1); count <= proposers*each; count++ {
		value = next[value]
		if at[value] != count {
			f.Fatalf("the value after %d commands is %q, which was command %d", count, value, at[value])
		}
	}
	if got := f.catalog.Value(); got != value {
		f.Errorf("the value is %q, want %q", got, value)
	}
}
