package leat

import "github.com/leat-io/leat/metrics"

// report puts what the streams count into CloudWatch, each minute, until the
// server is shut down.
func (s *Server) report() {
	defer close(s.reported)
	reporter := metrics.NewReporter(s.kinesis, s.metrics)
	for {
		select {
		case <-s.closing:
			return
		case now := <-s.config.Clock.After(metrics.ReportInterval):
			// What came in a minute belongs to its beginning.
			if err := reporter.Report(now.Add(-metrics.ReportInterval)); err != nil {
				s.config.Logger.Error("could not put metrics into CloudWatch", "err", err)
			}
		}
	}
}
