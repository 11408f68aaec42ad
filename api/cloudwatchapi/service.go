// Package cloudwatchapi is the table of the part of the CloudWatch API that this
// server has: what its model says and the AWS SDK's types do not.
//
// This package's API may change.
package cloudwatchapi

import (
	"strings"

	"github.com/leat-io/leat/api"
)

// Codes of errors, as the model names them. AWS Query has other codes for
// them: see Service.
const (
	InvalidValue       = "InvalidParameterValueException"
	InvalidCombination = "InvalidParameterCombinationException"
	Missing            = "MissingRequiredParameterException"
	InvalidToken       = "InvalidNextToken"
	// Validation is what GetMetricData has in place of the others.
	Validation = "ValidationError"
)

// Service is the table of CloudWatch, API version 2010-08-01: what KPL, KCL and
// the Kinesis Agent send, and what reads it back (spec clients §3.12, §7). It has
// no constraints, since CloudWatch words broken ones in its own way: the service
// checks them.
var Service = &api.Service{
	SigningName:  "monitoring",
	ActionPrefix: "cloudwatch",
	TargetPrefix: "GraniteServiceVersion20100801",
	JSON10:       true,
	Namespace:    "com.amazonaws.cloudwatch.v2010_08_01",
	Query: &api.Query{
		Version:   "2010-08-01",
		Namespace: "http://monitoring.amazonaws.com/doc/2010-08-01/",
		Codes: map[string]string{
			InvalidValue:       "InvalidParameterValue",
			InvalidCombination: "InvalidParameterCombination",
			Missing:            "MissingParameter",
		},
	},
	Operations: map[string]*api.Operation{
		"PutMetricData": {Name: "PutMetricData", Input: putMetricData, Errors: []string{InvalidValue, InvalidCombination, Missing}},
		"ListMetrics":   {Name: "ListMetrics", Input: listMetrics, Errors: []string{InvalidValue, InvalidToken}},
		"GetMetricData": {Name: "GetMetricData", Input: getMetricData, Errors: []string{Validation, InvalidToken}},
		"GetMetricStatistics": {
			Name: "GetMetricStatistics", Input: getMetricStatistics, Errors: []string{InvalidValue, InvalidCombination, Missing},
		},
	},
	Unshaped: named(`
		AssociateDatasetKmsKey CreateResourceMetricsConfiguration DeleteAlarmMuteRule DeleteAlarms DeleteAnomalyDetector
		DeleteDashboards DeleteInsightRules DeleteMetricStream DeleteResourceMetricsConfiguration DescribeAlarmContributors
		DescribeAlarmHistory DescribeAlarms DescribeAlarmsForMetric DescribeAnomalyDetectors DescribeInsightRules
		DisableAlarmActions DisableInsightRules DisassociateDatasetKmsKey EnableAlarmActions EnableInsightRules
		GetAlarmMuteRule GetDashboard GetDataset GetInsightRuleReport GetMetricStream GetMetricWidgetImage
		GetOTelEnrichment GetResourceMetricsConfiguration ListAlarmMuteRules ListDashboards ListManagedInsightRules
		ListMetricStreams ListTagsForResource PutAlarmMuteRule PutAnomalyDetector PutCompositeAlarm PutDashboard
		PutInsightRule PutLogAlarm PutManagedInsightRules PutMetricAlarm PutMetricStream SetAlarmState StartMetricStreams
		StartOTelEnrichment StopMetricStreams StopOTelEnrichment TagResource UntagResource UpdateOTelEnrichment
		UpdateResourceMetricsConfiguration`),
}

func named(names string) map[string]bool {
	all := map[string]bool{}
	for _, name := range strings.Fields(names) {
		all[name] = true
	}
	return all
}

var (
	dimensions = free("Name", "Value")
	statistics = free("SampleCount", "Sum", "Minimum", "Maximum")
	datum      = api.NewStructure(append(members("MetricName", "Timestamp", "Value", "Unit", "StorageResolution"),
		values("Values"), values("Counts"),
		list("Dimensions", dimensions),
		api.Member{Name: "StatisticValues", Shape: api.Shape{Fields: statistics}})...)

	attributes = api.Shape{Key: &api.Shape{}, Value: &api.Shape{}}
	entity     = api.NewStructure(
		api.Member{Name: "KeyAttributes", Shape: attributes},
		api.Member{Name: "Attributes", Shape: attributes})
	ofEntity = api.NewStructure(
		api.Member{Name: "Entity", Shape: api.Shape{Fields: entity}},
		list("MetricData", datum))

	putMetricData = api.NewStructure(append(members("Namespace", "StrictEntityValidation"),
		list("MetricData", datum),
		list("EntityMetricData", ofEntity))...)
	listMetrics = api.NewStructure(append(members("Namespace", "MetricName", "NextToken", "RecentlyActive", "IncludeLinkedAccounts", "OwningAccount"),
		list("Dimensions", dimensions))...)
	getMetricStatistics = api.NewStructure(append(members("Namespace", "MetricName", "StartTime", "EndTime", "Period", "Unit"),
		list("Dimensions", dimensions),
		values("Statistics"), values("ExtendedStatistics"))...)

	metric = api.NewStructure(append(members("Namespace", "MetricName"),
		list("Dimensions", dimensions))...)
	metricStat = api.NewStructure(append(members("Period", "Stat", "Unit"),
		api.Member{Name: "Metric", Shape: api.Shape{Fields: metric}})...)
	metricQuery = api.NewStructure(append(members("Id", "Expression", "Label", "ReturnData", "Period", "AccountId"),
		api.Member{Name: "MetricStat", Shape: api.Shape{Fields: metricStat}})...)
	getMetricData = api.NewStructure(append(members("StartTime", "EndTime", "NextToken", "ScanBy", "MaxDatapoints"),
		list("MetricDataQueries", metricQuery),
		api.Member{Name: "LabelOptions", Shape: api.Shape{Fields: free("Timezone")}})...)
)

// members are members without constraints.
func members(names ...string) []api.Member {
	all := make([]api.Member, len(names))
	for i, name := range names {
		all[i].Name = name
	}
	return all
}

func free(names ...string) *api.Structure { return api.NewStructure(members(names...)...) }

// maxElements bounds lists of structures as they are decoded: it is the most
// that any list here may have, and the service tells when there is one more.
const maxElements = 1000

func list(name string, of *api.Structure) api.Member {
	return api.Member{Name: name, Shape: api.Shape{Length: api.Range{Max: maxElements + 1}, Element: &api.Shape{Fields: of}}}
}

// values is a list of numbers or strings.
func values(name string) api.Member {
	return api.Member{Name: name, Shape: api.Shape{Element: &api.Shape{}}}
}
