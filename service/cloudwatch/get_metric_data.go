package cloudwatch

import (
	"context"
	"encoding/base64"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"

	"github.com/leat-io/leat/api"
	"github.com/leat-io/leat/api/cloudwatchapi"
)

const (
	// maxPageValues is the most that one answer of GetMetricData has.
	maxPageValues = 100_800
	// maxPagePoints bounds the work of one answer: when so many points have been
	// read it ends with that query. All minutes of as many queries as there may
	// be are fewer.
	maxPagePoints = 400_000
)

// GetMetricData gives one statistic of each of several metrics, one value for
// each period in which something was put, in whatever unit if none is asked for.
// The last page ends with the last value; a query whose values go on in the next
// one is PartialData.
//
// Errors are ValidationError, in the order of the queries; among what is refused
// are expressions, and metrics of other accounts.
func (s *Service) GetMetricData(ctx context.Context, in *cloudwatch.GetMetricDataInput) (*cloudwatch.GetMetricDataOutput, error) {
	caller := api.CallerOf(ctx)
	if err := checkMetricData(in, caller); err != nil {
		return nil, err
	}
	asked := slices.DeleteFunc(slices.Clone(in.MetricDataQueries), func(q types.MetricDataQuery) bool {
		return q.ReturnData != nil && !*q.ReturnData
	})
	at, ok := parsePlace(aws.ToString(in.NextToken))
	if !ok {
		return nil, api.Errorf(cloudwatchapi.InvalidToken, "The service failed to process the NextToken.")
	}
	room := maxPageValues
	if in.MaxDatapoints != nil {
		room = int(*in.MaxDatapoints)
	}
	points := maxPagePoints
	out := &cloudwatch.GetMetricDataOutput{MetricDataResults: []types.MetricDataResult{}, Messages: []types.MessageData{}}
	for at.query < len(asked) && out.NextToken == nil {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		q := &asked[at.query]
		values, read := s.valuesOf(caller, q, in)
		values = at.rest(values, in.ScanBy)
		result := types.MetricDataResult{
			Id: q.Id, Label: labelOf(q), StatusCode: types.StatusCodeComplete, Timestamps: []time.Time{}, Values: []float64{},
		}
		next := place{query: at.query + 1}
		if len(values) > room {
			values, result.StatusCode = values[:room], types.StatusCodePartialData
			next = place{at.query, true, values[room-1].second}
		}
		for _, v := range values {
			result.Timestamps = append(result.Timestamps, time.Unix(v.second, 0).UTC())
			result.Values = append(result.Values, v.value)
		}
		out.MetricDataResults = append(out.MetricDataResults, result)
		room, points, at = room-len(values), points-read, next
		if (room == 0 || points <= 0) && at.query < len(asked) {
			out.NextToken = aws.String(at.token())
		}
	}
	return out, nil
}

// place is where a page of GetMetricData begins: with a query or, if it is
// within one, behind its value of a time.
type place struct {
	query  int
	within bool
	second int64
}

// rest returns the values behind the place, of those of its query.
func (p place) rest(values []value, by types.ScanBy) []value {
	if !p.within {
		return values
	}
	return slices.DeleteFunc(values, func(v value) bool {
		if by == types.ScanByTimestampAscending {
			return v.second <= p.second
		}
		return v.second >= p.second
	})
}

func (p place) token() string {
	text := strconv.Itoa(p.query)
	if p.within {
		text += "/" + strconv.FormatInt(p.second, 10)
	}
	return base64.RawURLEncoding.EncodeToString([]byte(text))
}

// parsePlace reads a token, of which the empty one is the beginning.
func parsePlace(token string) (p place, ok bool) {
	text, err := base64.RawURLEncoding.DecodeString(token)
	if token == "" || err != nil {
		return p, err == nil
	}
	query, second, within := strings.Cut(string(text), "/")
	n, err := strconv.ParseUint(query, 10, 31)
	if err != nil {
		return p, false
	}
	p.query, p.within = int(n), within
	if within {
		p.second, err = strconv.ParseInt(second, 10, 64)
	}
	return p, err == nil
}
