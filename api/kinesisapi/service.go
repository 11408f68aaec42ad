package kinesisapi

import (
	"slices"

	"github.com/leat-io/leat/api"
)

// Service is the table of Kinesis Data Streams, API version 2013-12-02: every
// operation that the AWS SDK this module is built with knows.
var Service = &api.Service{
	SigningName:  "kinesis",
	TargetPrefix: "Kinesis_20131202",
	Operations:   index(slices.Concat(streamOperations, settingOperations, shardOperations, recordOperations, consumerOperations, tagOperations, channelOperations)),
	Unshaped:     queueOperations,
	// ListShards' and the consumers' and tags' lists are optional in the model,
	// and written all the same (spec data-streams §2.2).
	RequiredLists: map[string]bool{
		"ChannelDescription.StreamConfigurationList":               true,
		"ChannelSummary.Streams":                                   true,
		"ChildShard.ParentShards":                                  true,
		"DisableEnhancedMonitoringOutput.CurrentShardLevelMetrics": true,
		"DisableEnhancedMonitoringOutput.DesiredShardLevelMetrics": true,
		"EnableEnhancedMonitoringOutput.CurrentShardLevelMetrics":  true,
		"EnableEnhancedMonitoringOutput.DesiredShardLevelMetrics":  true,
		"EnhancedMetrics.ShardLevelMetrics":                        true,
		"GetRecordsOutput.Records":                                 true,
		"ListChannelsOutput.ChannelSummaries":                      true,
		"ListShardsOutput.Shards":                                  true,
		"ListStreamConsumersOutput.Consumers":                      true,
		"ListStreamsOutput.StreamNames":                            true,
		"ListTagsForResourceOutput.Tags":                           true,
		"ListTagsForStreamOutput.Tags":                             true,
		"PartitionSpec.PartitionFields":                            true,
		"PutRecordsOutput.Records":                                 true,
		"S3TablesDestinationDescription.S3TablesConfigurationList": true,
		"StreamDescription.EnhancedMonitoring":                     true,
		"StreamDescription.Shards":                                 true,
		"StreamDescriptionSummary.EnhancedMonitoring":              true,
		"SubscribeToShardEvent.Records":                            true,
	},
}

func index(operations []*api.Operation) map[string]*api.Operation {
	m := make(map[string]*api.Operation, len(operations))
	for _, o := range operations {
		m[o.Name] = o
	}
	return m
}

// operation is an operation with an output.
func operation(name string, input *api.Structure, errors []string) *api.Operation {
	return &api.Operation{Name: name, Input: input, Errors: errors}
}

// command is an operation whose success says nothing more.
func command(name string, input *api.Structure, errors []string) *api.Operation {
	return &api.Operation{Name: name, Input: input, Errors: errors, NoOutput: true}
}

// input is short for api.NewStructure.
func input(members ...api.Member) *api.Structure { return api.NewStructure(members...) }

// onStream returns the input of an operation on one stream: its name, the
// members, its ARN and id, in the order in which the model grew.
func onStream(members ...api.Member) *api.Structure {
	all := []api.Member{optional("StreamName", name)}
	all = append(all, members...)
	return input(append(all, optional("StreamARN", streamARN), optional("StreamId", streamID))...)
}
