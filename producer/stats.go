package producer

import "maps"

// Stats counts what a Producer has done since New. The names are those of the
// KPL's metrics, where it has one.
type Stats struct {
	UserRecordsReceived int64 // taken by Enqueue
	UserRecordsPut      int64 // stored
	UserRecordsDataPut  int64 // bytes of their data
	UserRecordsFailed   int64 // with an error in their Result
	UserRecordsExpired  int64 // of those, because of RecordTTL
	KinesisRecordsPut   int64 // stored, some of them maybe twice or in a wrong shard
	Requests            int64 // PutRecords requests that have ended
	// UserRecordsPending have no result yet, and take PendingBytes of the buffer.
	UserRecordsPending int64
	PendingBytes       int64
	// ErrorsByCode counts requests and entries of requests that failed. What the
	// producer finds out by itself, such as CodeWrongShard, is not counted.
	ErrorsByCode map[string]int64
}

// Stats returns the counts of this moment.
func (p *Producer) Stats() Stats {
	p.mu.Lock()
	defer p.mu.Unlock()
	s := p.mu.stats
	s.UserRecordsPending, s.PendingBytes = int64(p.mu.buffer.records), int64(p.mu.buffer.bytes)
	s.ErrorsByCode = maps.Clone(s.ErrorsByCode)
	return s
}

// count counts an error.
func (s *Stats) count(code string) {
	if s.ErrorsByCode == nil {
		s.ErrorsByCode = make(map[string]int64)
	}
	s.ErrorsByCode[code]++
}
