package kinesis

import (
	"errors"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"

	"github.com/leat-io/leat/service/kinesis/catalog"
	"github.com/leat-io/leat/storage"
)

// How on-demand streams follow their load (spec data-streams §16). AWS takes up
// to 15 minutes for what this server does at the next look.
const (
	loadInterval = 10 * time.Second
	// A shard is hot above half of what it takes, and cold below an eighth, so
	// that two cold ones are far from hot when they are merged.
	hotBytes, hotRecords   = 500_000, 500 // a second
	coldBytes, coldRecords = hotBytes / 4, hotRecords / 4
	// coldTime is how long shards are cold before they are merged. A restart of
	// the server begins it anew.
	coldTime = 24 * time.Hour
)

// loadWatch is what scaleOnDemand remembers from look to look.
type loadWatch struct {
	lastMillis int64 // of the last look
	// coldSince holds the shards that were cold at the last look, with the
	// start of the interval since which they are.
	coldSince map[storage.ShardKey]int64
}

// scaleOnDemand has the on-demand streams follow their load, until the service
// is closed or the log has stopped.
func (s *Service) scaleOnDemand() {
	w := loadWatch{lastMillis: s.nowMillis()}
	for {
		select {
		case <-s.clock.After(loadInterval):
		case <-s.ctx.Done():
			return
		}
		if err := s.look(&w); err != nil {
			return
		}
	}
}

// look takes the meters of all on-demand streams and adapts their shards. The
// error says that there is no point in going on.
func (s *Service) look(w *loadWatch) error {
	now := s.nowMillis()
	l := &load{startMillis: w.lastMillis, nowMillis: now, was: w.coldSince, coldSince: make(map[storage.ShardKey]int64)}
	w.lastMillis, w.coldSince = now, l.coldSince
	if l.startMillis >= now {
		return nil // the clock was set back
	}
	for _, x := range s.catalog.All() {
		if x.Mode != types.StreamModeOnDemand {
			continue
		}
		err := s.adapt(x, l)
		switch {
		case err == nil:
		case s.ctx.Err() != nil || errors.Is(err, storage.ErrStopped):
			return err
		default:
			s.logger.Error("could not scale an on-demand stream", "stream", x.ARN(), "err", err)
		}
	}
	return nil
}

// adapt splits and merges the shards of one stream as its load asks for.
func (s *Service) adapt(x *catalog.Stream, l *load) error {
	a := catalog.Adaptation{Split: l.splits(x)}
	if len(a.Split) == 0 {
		a.Merge = l.merges(x, s.shardFloor(x, l.nowMillis))
	}
	limit := s.limitsOf(x).onDemandShardLimit(x.Region)
	a.Split = a.Split[:max(0, min(len(a.Split), limit-len(x.Open())))]
	if x.Status != types.StreamStatusActive || len(a.Split)+len(a.Merge) == 0 {
		return nil
	}
	ref := catalog.Ref{Account: x.Account, Region: x.Region, Name: x.Name}
	cmd := &catalog.Adapt{Stream: x.ID, Next: x.NextShard, Adaptation: a}
	adapted, err := s.propose(s.ctx, ref, cmd)
	if err != nil || adapted == false {
		return err
	}
	s.logger.Info("an on-demand stream adapts to its load", "stream", x.ARN(),
		"shards", len(x.Open()), "split", len(a.Split), "merged", 2*len(a.Merge))
	return nil
}

// shardFloor returns how many open shards the stream keeps however cold it is.
func (s *Service) shardFloor(x *catalog.Stream, nowMillis int64) int {
	if !s.catalog.Commitment(x.Account, x.Region).Enabled(nowMillis) {
		return catalog.MinOnDemandShards // a warm throughput holds no longer than the commitment
	}
	return int(catalog.WarmShards(x.WarmMiBps))
}

// load judges what was counted in one interval.
type load struct {
	startMillis, nowMillis int64
	was, coldSince         map[storage.ShardKey]int64 // see loadWatch; of the last look and of this one
}

// splits takes the meters of the stream's open shards, and returns which of
// them are to be split: all when the stream takes in more than half of what it
// can, and otherwise those that do. A hot shard of hardly more than one key is
// left alone, since one of its children would be as hot.
func (l *load) splits(x *catalog.Stream) []uint32 {
	open := x.Open()
	var total catalog.Counted
	var hot, helped []uint32
	for _, sh := range open {
		c := sh.Meter().Take()
		total.Bytes += c.Bytes
		total.Records += c.Records
		l.note(logKey(x, sh), c)
		isHot := l.above(c, hotBytes, hotRecords, 1)
		if isHot && !c.Mixed() && !x.Auto {
			continue
		}
		helped = append(helped, sh.Index)
		if isHot {
			hot = append(hot, sh.Index)
		}
	}
	if len(hot) > 0 && l.above(total, hotBytes, hotRecords, len(open)) {
		return helped
	}
	return hot
}

// above reports whether so many shards took more than the rates, which are for
// one of them and a second.
func (l *load) above(c catalog.Counted, bytes, records, shards int) bool {
	seconds := float64(l.nowMillis-l.startMillis) / 1000 * float64(shards)
	return float64(c.Bytes) > float64(bytes)*seconds || float64(c.Records) > float64(records)*seconds
}

// note remembers whether a shard is cold.
func (l *load) note(key storage.ShardKey, c catalog.Counted) {
	if l.above(c, coldBytes, coldRecords, 1) {
		return
	}
	since, was := l.was[key]
	if !was {
		since = l.startMillis
	}
	l.coldSince[key] = since
}

// merges returns which pairs of neighbours are to be merged, so that no fewer
// shards than the floor remain: those that have been cold for long.
func (l *load) merges(x *catalog.Stream, floor int) (pairs []catalog.Merge) {
	open := x.Open()
	for i := 0; i+1 < len(open) && len(open)-len(pairs) > floor; i++ {
		if l.longCold(x, open[i]) && l.longCold(x, open[i+1]) {
			pairs = append(pairs, catalog.Merge{Shard: open[i].Index, Adjacent: open[i+1].Index})
			i++
		}
	}
	return pairs
}

func (l *load) longCold(x *catalog.Stream, sh *catalog.Shard) bool {
	since, cold := l.coldSince[logKey(x, sh)]
	return cold && l.nowMillis-since >= coldTime.Milliseconds()
}
