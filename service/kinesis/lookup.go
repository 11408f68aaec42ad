package kinesis

import (
	"context"
	"strings"

	"github.com/leat-io/leat/api"
	"github.com/leat-io/leat/api/kinesisapi"
	"github.com/leat-io/leat/service/kinesis/catalog"
)

// refTo returns which stream of the caller's a request is about, by its name,
// its ARN or both; empty means not given. Whether it exists is not looked at.
//
// A caller sees the streams of their account in the region they sign for and
// no others: an ARN from elsewhere names nothing (spec data-streams §7).
// AWS's texts for a request that names none, or two, are unknown.
func refTo(caller api.Caller, name, arn string) (catalog.Ref, error) {
	ref := catalog.Ref{Account: caller.Account, Region: caller.Region, Name: name}
	if arn == "" {
		if name == "" {
			return ref, api.Errorf(kinesisapi.InvalidArgument, "Either StreamName or StreamARN must be provided.")
		}
		return ref, nil
	}
	region, account, arnName, ok := parseARN(arn)
	if !ok {
		return ref, api.Errorf(kinesisapi.InvalidArgument, "StreamARN %s is not the ARN of a stream.", arn)
	}
	if name != "" && name != arnName {
		return ref, api.Errorf(kinesisapi.InvalidArgument, "StreamARN and StreamName do not refer to the same stream.")
	}
	if region != caller.Region || account != caller.Account {
		return ref, catalog.StreamNotFound(account, arnName)
	}
	ref.Name = arnName
	return ref, nil
}

// parseARN takes the ARN of a stream apart. The partition is not looked at;
// the name is everything after "stream/".
func parseARN(arn string) (region, account, name string, ok bool) {
	rest, ok := strings.CutPrefix(arn, "arn:")
	if !ok {
		return "", "", "", false
	}
	_, rest, _ = strings.Cut(rest, ":") // partition
	rest, ok = strings.CutPrefix(rest, "kinesis:")
	if !ok {
		return "", "", "", false
	}
	region, rest, _ = strings.Cut(rest, ":")
	account, rest, _ = strings.Cut(rest, ":")
	name, ok = strings.CutPrefix(rest, "stream/")
	return region, account, name, ok && name != ""
}

// stream returns the stream that a request is about.
func (s *Service) stream(ctx context.Context, name, arn string) (*catalog.Stream, error) {
	ref, err := refTo(api.CallerOf(ctx), name, arn)
	if err != nil {
		return nil, err
	}
	return s.existing(ref)
}

// existing returns the stream when there is one.
func (s *Service) existing(ref catalog.Ref) (*catalog.Stream, error) {
	x, ok := s.catalog.Stream(ref.Account, ref.Region, ref.Name)
	if !ok {
		return nil, catalog.StreamNotFound(ref.Account, ref.Name)
	}
	return x, nil
}
