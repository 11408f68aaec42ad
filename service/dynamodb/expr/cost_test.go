package expr

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/leat-io/leat/service/dynamodb/attr"
)

// The largest values of each kind that an item has room for, and their like.
func large() (item, values attr.Item) {
	const members = 60_000
	texts := make([]string, members)
	fields := make(attr.Item, members)
	var elements []attr.Value
	for i := range texts {
		texts[i] = fmt.Sprintf("%05d", i)
		fields[texts[i][1:]+string(rune('a'+i/10_000))] = &types.AttributeValueMemberBOOL{Value: true}
		elements = append(elements, num("1"))
	}
	item = attr.Item{"ss": strs(texts...), "m": object(fields), "l": list(elements...), "s": attr.String(strings.Repeat("ab", members))}
	// They differ in what is looked at last.
	backward, other, last := slices.Clone(texts), maps.Clone(fields), slices.Clone(elements)
	slices.Reverse(backward)
	other["0000a"] = attr.String("x")
	last[members-1] = num("2")
	values = attr.Item{":ss": strs(backward...), ":m": object(other), ":l": list(last...), ":s": attr.String(strings.Repeat("ab", members/2) + "c")}
	var sets []attr.Value
	for range members {
		sets = append(sets, strs("a", "b"))
	}
	item["small"] = list(sets...)
	for i := range questions {
		values[fmt.Sprintf(":%03d", i)] = strs("b", fmt.Sprint(i))
	}
	return item, values
}

// costliest returns a condition of up to 4 KiB and 300 operators that asks the
// same of large values again and again, and that is decided by the last of them.
func costliest(one, joined string) string {
	n := min(maxOperators/2, maxLength/len(one+joined))
	return strings.Repeat(one+joined, n-1) + one
}

// many puts a value a hundred times to one IN.
func many(name string) string {
	return name + " IN (" + strings.Repeat(":"+name+",", 99) + ":" + name + ")"
}

// questions is how many questions containing has room for.
const questions = 150

// containing asks a list for one small set after another.
func containing() string {
	var parts []string
	for i := range questions {
		parts = append(parts, fmt.Sprintf("contains(small,:%03d)", i))
	}
	return strings.Join(parts, " OR ")
}

// TestManyQuestions asks each question so often that the trial takes notes: the
// answer stays the same, and each value is looked at once. What was noted of the
// condition's values is still there for the next item.
func TestManyQuestions(t *testing.T) {
	item, values := large()
	values[":e"], values[":x"], values[":one"] = attr.String("00007"), attr.String("x"), num("1")
	for text, want := range map[string]bool{
		"contains(small, :000)": false,
		"ss = :ss":              true,
		"ss <> :ss":             false,
		"ss = :l":               false,
		"m = :m":                false,
		"l = :l":                false,
		"l IN (:l, :m)":         false,
		"contains(ss, :e)":      true,
		"contains(ss, :x)":      false,
		"contains(l, :one)":     true,
		"contains(l, :l)":       false,
		"contains(m, :x)":       false,
		"contains(s, :s)":       false,
	} {
		used := attr.Item{}
		for v := range values {
			if strings.Contains(text+" ", v+" ") || strings.Contains(text, v+")") || strings.Contains(text, v+",") {
				used[v] = values[v]
			}
		}
		p, err := NewPlaceholders(nil, used, true)
		if err != nil {
			t.Fatal(err)
		}
		n, err := p.Condition(Condition, text)
		if err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		tried := new(trial)
		tried.begin(item)
		for range 2 * directQuestions {
			if got := tried.test(n); got != want {
				t.Errorf("%s is %v", text, got)
			}
		}
		looked := func() [2]int {
			return [2]int{len(tried.of.identities) + len(tried.of.members), len(tried.values.identities) + len(tried.values.members)}
		}
		want := [2]int{1, len(used)}
		if strings.Contains(text, "(s,") {
			want = [2]int{}
		}
		if got := looked(); got != want {
			t.Errorf("%s: looked at %d values of the item and %d of the condition, want %d", text, got[0], got[1], want)
		}
		tried.begin(nil)
		if got := looked(); got != [2]int{0, want[1]} {
			t.Errorf("%s: notes of %d values of another item, and %d of the condition", text, got[0], got[1])
		}
	}
}

// BenchmarkCostliest measures what one condition costs at most.
func BenchmarkCostliest(b *testing.B) {
	item, values := large()
	for name, text := range map[string]string{
		"sets":    costliest("ss<>:ss", " OR "),
		"maps":    costliest("m=:m", " OR "),
		"lists":   costliest("l=:l", " OR "),
		"strings": costliest("contains(s,:s)", " OR "),
		"in":      costliest(many("m"), " OR "),
		"members": containing(),
	} {
		used := attr.Item{}
		for v := range values {
			if strings.Contains(text, v) {
				used[v] = values[v]
			}
		}
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				p, err := NewPlaceholders(nil, used, true)
				if err != nil {
					b.Fatal(err)
				}
				n, err := p.Condition(Condition, text)
				if err != nil {
					b.Fatal(err)
				}
				n.Test(item)
			}
		})
	}
	update := "SET l[0]=:l"
	for i := 1; len(update) < maxLength-10; i++ {
		update += fmt.Sprintf(",l[%d]=:l", i)
	}
	b.Run("update", func(b *testing.B) {
		for b.Loop() {
			p, err := NewPlaceholders(nil, attr.Item{":l": num("1")}, true)
			if err != nil {
				b.Fatal(err)
			}
			u, err := p.Update(update)
			if err != nil {
				b.Fatal(err)
			}
			if _, err := u.Apply(item); err != nil {
				b.Fatal(err)
			}
		}
	})
}
