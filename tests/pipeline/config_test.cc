// What is wrong with a pipeline, and where.
#include "pipeline/registry.h"
#include "pipeline/run_stage.h"

namespace tailrace {
namespace {

TEST(PipelineConfig, AcceptsEmptyPipelinesAndOptions) {
  for (const std::string_view good :
       {"",
        "[]",
        "- docker:\n- cri:\n- decolorize:",
        "- pack:",
        "- eventlogmessage:",
        "- multiline: {firstline: x, max_lines: '3'}",
        "- limit: {rate: '10', burst: '10', drop: 'true'}",
        "- match: {selector: '{a=\"b\"}', action: drop, pipeline_name: x}",
        "- labels: {a: , b: ''}",
        "- {}",
        "- metrics: {}",
        "- metrics:",
        "- labels:",
        "- static_labels:",
        "- structured_metadata:",
        "- multiline: {firstline: x, max_lines: -1}",
        "- match: {selector: '{a=\"b\"}', action: drop, stages: []}",
        "- match: {selector: '{a=\"b\"}', action: '', stages: [docker: ]}",
        "- labels: {}",
        "- static_labels: {}",
        "- structured_metadata: {}",
        "- multiline: {firstline: ''}",
        "- timestamp: {source: t, format: '2006', action_on_failure: fudge}"}) {
    EXPECT_EQ(problems_of(good), "") << good;
  }
}

TEST(PipelineConfig, UnknownOptionsAreWarnings) {
  Harness harness("- regex: {expression: x, bogus: 1}");
  EXPECT_TRUE(harness.pipeline);
  EXPECT_NE(harness.errors.text().find("bogus"), std::string::npos);
}

TEST(PipelineConfig, ErrorsNameStageAndKey) {
  auto f = [](std::string_view stages, std::initializer_list<std::string_view> parts) {
    const std::string text = problems_of(stages);
    for (std::string_view part : parts) {
      EXPECT_NE(text.find(part), std::string::npos)
          << stages << "\ngave: " << text << "\nwithout: " << part;
    }
  };
  f("- regexp: {expression: x}",
    {"test.yaml:2:", "pipeline_stages[0]", "Unknown stage type: regexp", "did you mean regex?"});
  f("- Regex: {expression: x}", {"Unknown stage type: Regex"});
  f("- regex: {expression: x}\n  labels: {a: }", {"pipeline stage must contain only one key"});
  f("- docker", {"must be a map with one key"});
  f("  {docker: {}}", {"must be a list"});
  f("- cri: []", {"invalid cri stage config", "map"});

  f("- regex: {expression: '(unclosed'}", {"test.yaml:2:", "pipeline_stages[0].regex.expression",
                                           "invalid regex stage config:", "(unclosed"});
  f("- regex: {}", {"invalid regex stage config: expression is required"});
  f("- regex:", {"expression is required"});
  f("- regex: {expression: 12}", {"pipeline_stages[0].regex.expression"});
  f("- regex: {expression: '(?=x)'}", {"invalid regex stage config"});
  f("- regex: {expression: x, source: ''}", {"regex.source", "source cannot be empty"});
  f("- json: {source: x}", {"invalid json stage config: JMES expression is required"});
  f("- json: {expressions: {}}", {"JMES expression is required"});
  f("- json: {expressions: {a: 'b['}}",
    {"pipeline_stages[0].json.expressions.a", "invalid json stage config: could not compile"});
  f("- json: {expressions: {count: n}}", {"json.expressions.count"});
  f("- json: {expressions: [a]}", {"json.expressions", "expected a map"});
  f("- logfmt: {}", {"invalid logfmt stage config: logfmt mapping is required"});
  f("- replace: {replace: x}", {"invalid replace stage config: expression is required"});
  f("- replace: {expression: '['}", {"invalid replace stage config"});
  f("- template: {source: a, template: '{{ .x '}",
    {"invalid template stage config", "template.template"});
  f("- template: {source: a, template: '{{ noSuchFunc .x }}'}", {"noSuchFunc"});
  f("- template: {template: x}", {"template source value is required"});

  f("- timestamp: {source: t}", {"invalid timestamp stage config: timestamp format is required"});
  f("- timestamp: {format: Unix}",
    {"timestamp source value is required if timestamp is specified"});
  f("- timestamp: {source: t, format: RFC3339, location: Mars/Base}",
    {"timestamp.location", "Mars/Base"});
  f("- timestamp: {source: t, format: RFC3339, action_on_failure: guess}",
    {"action_on_failure", "guess"});

  f("- output: msg", {"invalid output stage config"});
  f("- output: {}", {"output source value is required"});
  f("- labels: [a, b]", {"invalid labels stage config"});
  f("- labels: {bad-name: x}",
    {"pipeline_stages[0].labels.bad-name", "invalid label name: bad-name"});
  f("- labels: {a: 1}", {"labels.a", "string"});
  f("- structured_metadata: {bad-name: x}", {"invalid label name: bad-name"});
  f("- static_labels: {num: 12}",
    {"pipeline_stages[0].static_labels.num", "invalid static_labels stage config"});
  f("- labeldrop: job", {"invalid labeldrop stage config: expected a list"});
  f("- labelallow: []", {"invalid labelallow stage config", "empty"});
  f("- tenant: {value: a, source: b}", {"invalid tenant stage config: exactly one of"});
  f("- tenant: {}", {"exactly one of"});

  f("- drop: {drop_counter_reason: x}",
    {"invalid drop stage config: drop stage needs at least one of"});
  f("- drop: {older_than: 3 days}", {"invalid drop stage config: older_than", "3 days"});
  f("- drop: {older_than: 3}", {"older_than"});
  f("- drop: {longer_than: 5furlong}", {"longer_than", "furlong"});
  f("- drop: {expression: '['}", {"invalid drop stage config"});
  f("- drop: {source: a, value: x, expression: y}", {"only one of expression and value"});
  f("- drop: {value: x, older_than: 1h}", {"value needs source"});
  f("- limit: {rate: 10}", {"invalid limit stage config: burst"});
  f("- limit: {burst: 10}", {"invalid limit stage config: rate"});
  f("- limit: {rate: -1, burst: 1}", {"rate"});
  f("- limit: {rate: 1, burst: 1, by_label_name: a}", {"by_label_name needs drop"});
  f("- sampling: {rate: 1.5}",
    {"invalid sampling stage config: the sampling rate must be between"});
  f("- sampling: {rate: x}", {"sampling.rate"});

  f("- match: {stages: [docker: ]}", {"selector statement required for match stage"});
  f("- match: {selector: '{a=}', stages: [docker: ]}",
    {"pipeline_stages[0].match.selector", "invalid selector syntax for match stage", "1:4:"});
  f("- match: {selector: '{a=\"b\"} | json', stages: [docker: ]}",
    {"invalid selector syntax for match stage"});
  f("- match: {selector: '{a=~\"(\"}', stages: [docker: ]}",
    {"invalid selector syntax for match stage: 1:5:"});
  f("- match: {selector: '{a=\"b\"}', stages: []}", {"match stage requires at least one"});
  f("- match: {selector: '{a=\"b\"}'}",
    {"match stage requires at least one additional stage to be defined in '- stages'"});
  f("- match: {selector: '{a=\"b\"}', action: drop, stages: [docker: ]}",
    {"stages must not be there"});
  f("- match: {selector: '{a=\"b\"}', action: pass, stages: [docker: ]}", {"keep or drop"});
  f("- match: {selector: '{a=\"b\"}', pipeline_name: '', stages: [docker: ]}",
    {"pipeline name can not be empty"});
  f("- match: {selector: '{a=\"b\"}', stages: [regex: {}]}",
    {"pipeline_stages[0].match.stages[0].regex", "expression is required"});

  f("- multiline: {max_lines: 3}", {"invalid multiline stage config", "firstline must be defined"});
  f("- multiline: {firstline: '['}", {"multiline.firstline"});
  f("- multiline: {firstline: x, max_wait_time: 3}", {"max_wait_time"});
  f("- cri: {max_partial_line_size: x}", {"cri.max_partial_line_size"});
  f("- eventlogmessage: {source: 'bad name'}",
    {"invalid eventlogmessage stage config: invalid label name"});
  f("- geoip: {source: ip, db_type: city}",
    {"invalid geoip stage config: db path cannot be empty"});
  f("- geoip: {source: ip, db: none.mmdb, db_type: street}",
    {"db type should be either city or asn"});
  f("- geoip: {source: ip, db: /no/such.mmdb, db_type: city}",
    {"unable to open the db", "/no/such.mmdb"});

  f("- metrics: {m: {type: Meter, config: {action: inc}}}",
    {"pipeline_stages[0].metrics.m.type", "invalid metrics stage config",
     "unknown type \"Meter\""});
  f("- metrics: {m: {config: {action: inc}}}", {"the type of metric m is required"});
  f("- metrics: {m: {type: Counter, config: {action: multiply}}}",
    {"metrics.m.config.action", "unknown action \"multiply\"", "inc, add"});
  f("- metrics: {m: {type: Counter}}", {"the action of a counter is required"});
  f("- metrics: {m: {type: Gauge, config: {action: multiply}}}", {"set, inc, dec, add, sub"});
  f("- metrics: {m: {type: Counter, max_idle_duration: 1ms, config: {action: inc}}}",
    {"max_idle_duration must be 1s or more"});
  f("- metrics: {m: {type: Counter, config: {action: inc, match_all: true, value: x}}}",
    {"match_all"});
  f("- metrics: {m: {type: Counter, config: {action: inc, count_entry_bytes: true}}}",
    {"count_entry_bytes needs"});
  f("- metrics: {m: {type: Histogram, config: {buckets: [2, 1]}}}", {"increasing"});
}

TEST(PipelineConfig, ReportsAllProblemsOfOneRun) {
  const std::string text = problems_of("- regex: {}\n- output: {}\n- nonsense: {}");
  EXPECT_NE(text.find("expression is required"), std::string::npos);
  EXPECT_NE(text.find("output source value"), std::string::npos);
  EXPECT_NE(text.find("nonsense"), std::string::npos);
}

TEST(PipelineConfig, ACheckDoesNotOpenDatabases) {
  Harness harness("- geoip: {source: ip, db: /no/such.mmdb, db_type: city}", {.check_only = true});
  EXPECT_TRUE(harness.pipeline) << harness.errors.text();
}

TEST(Registry, KnowsEveryStageByName) {
  for (std::string_view name : stage_names())
    EXPECT_NE(find_stage_kind(name)->make, nullptr) << name;
  EXPECT_EQ(stage_names().size(), 26U);
  EXPECT_EQ(find_stage_kind("none"), nullptr);
}

}  // namespace
}  // namespace tailrace
