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

// TestAnswersAreKept checks that a condition asks about two large values once,
// and that what it found first is what it finds again.
func TestAnswersAreKept(t *testing.T) {
	item, values := large()
	for text, want := range map[string]bool{
		"ss = :ss AND ss = :ss AND NOT ss <> :ss": true,
		"m = :m OR m = :m":                        false,
		"l IN (:l, :l, :l) OR NOT l = :l":         true,
		"contains(l, :l) OR l = :l":               false, // two questions about the same two
		"contains(s, :s) OR contains(s, :s)":      false,
	} {
		name := text[strings.Index(text, ":"):]
		name = name[:strings.IndexAny(name, " ,)")]
		p, err := NewPlaceholders(nil, attr.Item{name: values[name]}, true)
		if err != nil {
			t.Fatal(err)
		}
		n, err := p.Condition(Condition, text)
		if err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		tried := trial{item: item}
		if got := tried.test(n); got != want {
			t.Errorf("%s is %v", text, got)
		}
		questions := map[string]int{":ss": 1, ":m": 1, ":l": 1, ":s": 0}[name]
		if strings.HasPrefix(text, "contains(l") {
			questions = 2
		}
		if len(tried.answers) != questions {
			t.Errorf("%s has %d answers, not %d", text, len(tried.answers), questions)
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
