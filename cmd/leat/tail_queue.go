package main

import "time"

// shardQueue holds the shards that wait for their turn, the next one first.
type shardQueue []*tailedShard

func (q shardQueue) Len() int           { return len(q) }
func (q shardQueue) Less(i, j int) bool { return q[i].due.Before(q[j].due) }
func (q shardQueue) Swap(i, j int)      { q[i], q[j] = q[j], q[i] }
func (q *shardQueue) Push(s any)        { *q = append(*q, s.(*tailedShard)) }

func (q *shardQueue) Pop() any {
	old := *q
	s := old[len(old)-1]
	old[len(old)-1] = nil
	*q = old[:len(old)-1]
	return s
}

// ready reports whether the next turn is due.
func (q shardQueue) ready() bool { return len(q) > 0 && !q[0].due.After(time.Now()) }

// timer fires when the next turn is due. It returns nil, which never does,
// when there is none or nobody could take it.
func (q shardQueue) timer(wanted bool) <-chan time.Time {
	if !wanted || len(q) == 0 {
		return nil
	}
	return time.After(time.Until(q[0].due))
}
