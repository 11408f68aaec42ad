package producer

import "time"

// What the service lets all producers of a shard write together.
const (
	shardRecordsPerSecond = 1000
	shardBytesPerSecond   = 1 << 20
)

// How much of it may be saved up for a burst, as in the KPL.
const (
	burstRecords = 1000
	burstBytes   = 10 << 20
)

// bucket holds a shard's tokens for records and bytes. The zero value is full.
type bucket struct {
	usedRecords, usedBytes float64 // of the burst
	filled                 time.Time
}

// take takes the tokens for one record of this size, or says how long to wait
// until they are there. percent is the RateLimit.
func (b *bucket) take(bytes, percent int, now time.Time) time.Duration {
	rate := float64(percent) / 100
	if passed := now.Sub(b.filled).Seconds(); passed > 0 {
		b.usedRecords = max(0, b.usedRecords-passed*rate*shardRecordsPerSecond)
		b.usedBytes = max(0, b.usedBytes-passed*rate*shardBytesPerSecond)
		b.filled = now
	}
	// What is larger than the burst goes when the bucket is full.
	wantBytes := min(float64(bytes), burstBytes)
	missing := max((b.usedRecords+1-burstRecords)/(rate*shardRecordsPerSecond), (b.usedBytes+wantBytes-burstBytes)/(rate*shardBytesPerSecond))
	if missing > 0 {
		return time.Duration(missing*float64(time.Second)) + time.Nanosecond // never 0 by rounding
	}
	b.usedRecords++
	b.usedBytes += wantBytes
	return 0
}
