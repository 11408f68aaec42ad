package kinesis

import (
	"errors"
	"time"

	"github.com/leat-io/leat/service/kinesis/catalog"
	"github.com/leat-io/leat/storage"
)

// retryFinish is how long to wait after a command could not be written.
const retryFinish = time.Second

// finishTransitions proposes the end of each transition when it is due. It
// returns when the service is closed or the log has stopped.
func (s *Service) finishTransitions() {
	var alarm <-chan time.Time // for alarmMillis
	var alarmMillis int64
	for {
		changed := s.catalog.Changed()
		next, pending := s.catalog.NextDue()
		switch now := s.nowMillis(); {
		case !pending:
			alarm = nil
		case next.DueMillis <= now:
			if !s.finish(next) {
				return
			}
			continue
		case alarm == nil || alarmMillis != next.DueMillis:
			alarmMillis = next.DueMillis
			alarm = s.clock.After(time.Duration(alarmMillis-now) * time.Millisecond)
			continue // the clock may have been advanced in between
		}
		select {
		case <-changed:
		case <-alarm:
			alarm = nil
		case <-s.ctx.Done():
			return
		}
	}
}

// finish ends one transition, and returns false when there is no point in
// ending others.
func (s *Service) finish(t catalog.Transition) bool {
	cmd := catalog.Encode(
		&catalog.Finish{Stream: t.Stream, Number: t.Number}, catalog.Terms{AtMillis: s.nowMillis()})
	_, err := s.log.Propose(s.ctx, catalog.MachineName, cmd)
	switch {
	case err == nil:
		return true
	case s.ctx.Err() != nil || errors.Is(err, storage.ErrStopped):
		return false
	}
	s.logger.Error("could not end the state of a stream", "stream_id", t.Stream, "err", err)
	select {
	case <-s.clock.After(retryFinish):
		return true
	case <-s.ctx.Done():
		return false
	}
}
