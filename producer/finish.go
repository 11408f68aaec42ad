package producer

import (
	"fmt"
	"time"
)

// finished is a parcel with its result, which those who wait for it are still to
// be told.
type finished struct {
	parcel *parcel
	result Result // but for the sub-sequence number
}

// succeedLocked finishes a parcel that is stored.
func (p *Producer) succeedLocked(q *parcel, attempt Attempt, at stored) finished {
	q.left = true
	q.attempts = append(q.attempts, attempt)
	p.mu.stats.UserRecordsPut += int64(len(q.users))
	p.mu.stats.UserRecordsDataPut += int64(q.data.sum)
	p.mu.metrics.userRecords(q, at.shardID, nil)
	return finished{q, Result{ShardID: at.shardID, SequenceNumber: at.sequenceNumber, Attempts: q.attempts}}
}

// failLocked finishes a parcel that is not.
func (p *Producer) failLocked(q *parcel, err error) finished {
	q.left = true
	p.mu.stats.UserRecordsFailed += int64(len(q.users))
	shardID := ""
	if q.shard != nil {
		shardID = q.shard.id
	}
	p.mu.metrics.userRecords(q, shardID, err)
	return finished{q, Result{Attempts: q.attempts, Err: err}}
}

// expireLocked finishes a parcel whose time is over.
func (p *Producer) expireLocked(q *parcel) finished {
	p.mu.stats.UserRecordsExpired += int64(len(q.users))
	message := fmt.Sprintf("not put within %v", p.config.recordTTL)
	q.attempts = append(q.attempts, Attempt{Start: time.Now(), Code: CodeExpired, Message: message})
	return p.failLocked(q, &Error{Code: CodeExpired, Message: message, Err: q.lastErr})
}

// deliver tells those who wait, and gives back the room.
func (p *Producer) deliver(all []finished) {
	if len(all) == 0 {
		return
	}
	for _, f := range all {
		for i, done := range f.parcel.users {
			if done == nil {
				continue
			}
			r := f.result
			if f.parcel.encoded.aggregate && r.Err == nil {
				r.SubSequenceNumber = i
			}
			done(r)
		}
	}
	p.mu.Lock()
	for _, f := range all {
		p.releaseLocked(len(f.parcel.users), f.parcel.room)
		f.parcel.epoch.finish(len(f.parcel.users))
	}
	p.mu.Unlock()
}
