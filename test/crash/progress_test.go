package crash

import (
	"context"
	"math/rand/v2"
	"slices"
	"sync"
)

// progress counts the acknowledged lines, and lets others act when there are so
// and so many: it is how a history's kills and reshards follow from its seed.
type progress struct {
	mu struct {
		sync.Mutex
		acked   int
		waiting []milestone
	}
}

type milestone struct {
	at      int
	reached chan struct{}
}

func (p *progress) add(n int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.mu.acked += n
	p.mu.waiting = slices.DeleteFunc(p.mu.waiting, func(m milestone) bool {
		if m.at > p.mu.acked {
			return false
		}
		close(m.reached)
		return true
	})
}

// wait returns when at lines are acknowledged.
func (p *progress) wait(ctx context.Context, at int) error {
	p.mu.Lock()
	m := milestone{at, make(chan struct{})}
	if at <= p.mu.acked {
		close(m.reached)
	} else {
		p.mu.waiting = append(p.mu.waiting, m)
	}
	p.mu.Unlock()
	select {
	case <-m.reached:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// moments draws n moments in a history of so many lines, in order.
func moments(random *rand.Rand, n, lines int) []int {
	at := make([]int, n)
	for i := range at {
		at[i] = random.IntN(lines)
	}
	slices.Sort(at)
	return at
}
