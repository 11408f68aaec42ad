package producer

import (
	"sort"
	"time"

	"github.com/leat-io/leat/stream"
)

const (
	// The map is read again after a failure in a second, in half as much more
	// each time, and in half a minute at most, as by the KPL.
	mapRetryLeast = time.Second
	mapRetryMost  = 30 * time.Second
	// contradictions is how often in a row the map may say what the service does
	// not do before predictions are given up: a stream with the distribution
	// strategy AUTO puts records anywhere. A map that is only late needs a moment.
	contradictions    = 3
	contradictedRetry = 100 * time.Millisecond
	// predictAgain is when predictions are tried again.
	predictAgain = 5 * time.Minute
)

// shardMap is what the producer knows of the stream's open shards. It is guarded
// by Producer.mu.
type shardMap struct {
	sorted []*shard // by the end of their ranges; they cover all hash keys
	// ranges holds what the open shards own, and those that were open before.
	ranges   map[string]stream.HashKeyRange
	loadedAt time.Time // when the last request for it was made; zero before

	reading   bool      // a goroutine is reading it
	refreshAt time.Time // when it is to be read again, or zero
	failures  int       // in a row
	doubts    int       // contradictions in a row
	blindTill time.Time // no predictions are made until then

	// unplaced holds user records, alone, that wait for the map.
	unplaced []*parcel
	// held holds aggregates that are stored in a shard that is not in the map, so
	// that nobody knows whether all of their user records belong there.
	held []held
}

// held is a parcel whose fate depends on the map.
type held struct {
	parcel  *parcel
	attempt Attempt
	stored  stored
}

// stored is where the service says it put a parcel.
type stored struct{ shardID, sequenceNumber string }

// predictLocked returns the shard that a hash key belongs to, or anywhere if that
// cannot be known. It reports false when it will be known soon.
func (p *Producer) predictLocked(k stream.HashKey) (s *shard, known bool) {
	m := &p.mu.shards
	if !m.blindTill.IsZero() {
		return p.mu.anywhere, true
	}
	i := sort.Search(len(m.sorted), func(i int) bool { return !m.sorted[i].owns.End.Less(k) })
	if i < len(m.sorted) && !m.sorted[i].suspect && m.sorted[i].owns.Contains(k) {
		return m.sorted[i], true
	}
	if m.failures > 0 && (len(m.sorted) == 0 || !p.config.inOrder) {
		return p.mu.anywhere, true
	}
	if m.refreshAt.IsZero() {
		p.refreshLocked()
	}
	return nil, false
}

// suspectLocked is told that a record that was to go to s, in a request made at
// a time, went elsewhere: s may be closed.
func (p *Producer) suspectLocked(s *shard, made, now time.Time) {
	m := &p.mu.shards
	if s.gone || s.suspect || made.Before(m.loadedAt) || !m.blindTill.IsZero() {
		return
	}
	s.suspect, s.suspectAt = true, now
	if q := s.filling; q != nil {
		p.sealParcelLocked(q, now)
	}
	p.arrangeLocked(s, now)
	p.refreshLocked()
}

// refreshLocked has the map read, now.
func (p *Producer) refreshLocked() {
	m := &p.mu.shards
	m.refreshAt = time.Time{}
	if !m.reading {
		m.reading = true
		p.wg.Go(p.readMap)
	}
}

// installLocked puts a map into force, sorted, that was asked for at a time. Shards that
// are still there go on; what waits for others is given to those that own its
// hash keys now.
func (p *Producer) installLocked(read []*shard, asked, now time.Time) {
	m := &p.mu.shards
	before := make(map[string]*shard, len(m.sorted))
	ranges := make(map[string]stream.HashKeyRange, len(m.sorted)+len(read))
	for _, s := range m.sorted {
		before[s.id], ranges[s.id] = s, s.owns
	}
	for i, s := range read {
		ranges[s.id] = s.owns
		if old := before[s.id]; old != nil && old.owns == s.owns {
			read[i] = old
			delete(before, s.id)
		}
	}
	past := p.retireLocked(before)
	if p.config.inOrder {
		inherit(read, append(past, p.mu.anywhere))
	}
	m.sorted, m.ranges, m.loadedAt, m.failures = read, ranges, asked, 0
	p.judgeSuspectsLocked(asked, now)

	var moving []*parcel
	for _, s := range past {
		moving = append(moving, s.takeAll()...)
		p.arrangeLocked(s, now)
	}
	moving = append(moving, m.unplaced...)
	m.unplaced = nil
	p.regroupLocked(moving, false, now)
}

// retireLocked marks the shards that are in no map any more, and returns them in
// the order of the map.
func (p *Producer) retireLocked(gone map[string]*shard) []*shard {
	var past []*shard
	for _, s := range p.mu.shards.sorted {
		if gone[s.id] == s {
			s.gone, s.suspect = true, false
			past = append(past, s)
		}
	}
	if len(past) > 0 {
		p.mu.shards.doubts = 0
	}
	return past
}

// inherit has shards wait for those whose hash keys they have taken over, as far
// as something is on its way there.
func inherit(heirs, past []*shard) {
	for _, heir := range heirs {
		for _, s := range past {
			overlap := !heir.owns.End.Less(s.owns.Start) && !s.owns.End.Less(heir.owns.Start)
			if overlap && s != heir {
				heir.after = append(heir.after, s)
			}
		}
	}
}

// judgeSuspectsLocked decides about the suspect shards that are still in the
// map. Those that came under suspicion while it was being read are not decided
// yet. Where there are others the map and the service contradict each other.
func (p *Producer) judgeSuspectsLocked(asked, now time.Time) {
	m := &p.mu.shards
	var suspects []*shard
	early := false
	for _, s := range m.sorted {
		if s.suspect {
			suspects = append(suspects, s)
			early = early || s.suspectAt.After(asked)
		}
	}
	switch {
	case len(suspects) == 0:
		m.doubts = 0
		return
	case early:
		m.refreshAt = now
		return
	}
	m.doubts++
	if m.doubts < contradictions {
		m.refreshAt = now.Add(contradictedRetry << (m.doubts - 1))
		return
	}
	p.config.logger.Warn("records do not go where the map of shards says: user records are sent one by one for a while", "suspects", len(suspects))
	p.giveUpPredictingLocked(now)
}

// giveUpPredictingLocked sends user records one by one, for a while.
func (p *Producer) giveUpPredictingLocked(now time.Time) {
	m := &p.mu.shards
	m.blindTill, m.doubts = now.Add(predictAgain), 0
	m.refreshAt = m.blindTill
	var moving []*parcel
	for _, s := range m.sorted {
		s.suspect = false
		moving = append(moving, s.takeAll()...)
		p.arrangeLocked(s, now)
	}
	p.regroupLocked(moving, false, now)
}

// seeAgain ends the time without predictions when it is over.
func (m *shardMap) seeAgain(now time.Time) {
	if now.Before(m.blindTill) {
		m.refreshAt = m.blindTill
		return
	}
	m.blindTill = time.Time{}
}

// failedMapLocked is told that the map could not be read. Until it can be, what
// waits for it is sent without a prediction, user record by user record.
func (p *Producer) failedMapLocked(err error, now time.Time) {
	m := &p.mu.shards
	delay := mapRetryLeast
	for range m.failures {
		delay = min(delay*3/2, mapRetryMost)
	}
	m.failures++
	m.refreshAt = now.Add(delay)
	p.config.logger.Warn("the map of shards cannot be read: user records whose shard is unknown are sent one by one", "err", err)
	if p.config.inOrder && len(m.sorted) > 0 {
		return // order needs the map
	}
	var moving []*parcel
	for _, s := range m.sorted {
		if s.suspect {
			moving = append(moving, s.takeAll()...)
			p.arrangeLocked(s, now)
		}
	}
	moving = append(moving, m.unplaced...)
	m.unplaced = nil
	p.regroupLocked(moving, false, now)
}

// allShardsLocked returns every shard to which something may be on its way.
func (p *Producer) allShardsLocked() []*shard {
	return append([]*shard{p.mu.anywhere}, p.mu.shards.sorted...)
}

// takeAllLocked takes all parcels that are not under way, wherever they wait.
func (p *Producer) takeAllLocked() []*parcel {
	var all []*parcel
	for _, s := range p.allShardsLocked() {
		all = append(all, s.takeAll()...)
		p.moveLocked(s, idle)
	}
	m := &p.mu.shards
	all = append(all, m.unplaced...)
	for _, h := range m.held {
		h.parcel.shard.underWay--
		all = append(all, h.parcel)
	}
	m.unplaced, m.held = nil, nil
	return all
}
