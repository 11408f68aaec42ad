package kinesis

import (
	"errors"
	"fmt"
	"time"

	"github.com/leat-io/leat/service/kinesis/catalog"
	"github.com/leat-io/leat/storage"
)

const (
	// houseInterval is how often what is past retention is given up.
	houseInterval = time.Minute
	// A clock that is found to have jumped forward by more than suspiciousJump
	// is believed once it has gone on for confirmation without another jump:
	// records given up by mistake do not come back (spec storage §7.11).
	suspiciousJump = time.Hour
	confirmation   = 10 * time.Minute
)

// keepHouse gives up what is past retention, each minute, until the service is
// closed or the log has stopped.
func (s *Service) keepHouse() {
	doubt := clockDoubt{lastMillis: s.catalog.SeenMillis()}
	for {
		now := s.nowMillis()
		believed := doubt.believes(now) || s.trustClock
		s.clockDoubted.Store(!believed)
		if believed {
			if err := s.expire(now); err != nil {
				return
			}
		}
		select {
		case <-s.clock.After(houseInterval):
		case <-s.ctx.Done():
			return
		}
	}
}

// expire trims each stream to its horizon, and gives up the shards that were
// closed before it. The error says that there is no point in going on.
func (s *Service) expire(nowMillis int64) error {
	for _, x := range s.catalog.All() {
		err := s.expireStream(x, nowMillis)
		switch {
		case err == nil:
		case s.ctx.Err() != nil || errors.Is(err, storage.ErrStopped):
			return err
		default:
			s.logger.Error("could not give up what is past retention", "stream", x.ARN(), "err", err)
		}
	}
	return nil
}

func (s *Service) expireStream(x *catalog.Stream, nowMillis int64) error {
	horizon := x.HorizonMillis(nowMillis)
	if horizon <= x.CreatedMillis || len(x.Shards) == 0 {
		return nil // no record can be that old
	}
	if x.AnyExpired(nowMillis) {
		cmd := catalog.Encode(&catalog.Expire{Stream: x.ID}, catalog.Terms{AtMillis: nowMillis})
		if _, err := s.log.Propose(s.ctx, catalog.MachineName, cmd); err != nil {
			return fmt.Errorf("expire shards: %w", err)
		}
	}
	if err := s.log.Trim(s.ctx, x.ID, horizon); err != nil {
		return fmt.Errorf("trim: %w", err)
	}
	return nil
}

// clockDoubt decides whether to believe a clock, from its readings.
type clockDoubt struct {
	lastMillis int64 // the last reading
	// believeMillis is the reading from which on a clock that jumped is
	// believed; 0 without doubt.
	believeMillis int64
}

// believes takes a reading of the clock and reports whether it is believed.
func (d *clockDoubt) believes(nowMillis int64) bool {
	jump := nowMillis - d.lastMillis
	d.lastMillis = nowMillis
	switch {
	case jump > suspiciousJump.Milliseconds():
		d.believeMillis = nowMillis + confirmation.Milliseconds()
	case nowMillis >= d.believeMillis || -jump > suspiciousJump.Milliseconds():
		d.believeMillis = 0 // confirmed, or taken back
	}
	return d.believeMillis == 0
}
