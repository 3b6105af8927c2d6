// fulmar-sim: the campaign engine's command line over Fulmar's scenarios.
#include "campaign/command_line.h"
#include "scenarios/life.h"

int main(int count, char** values) {
  return fulmar::run_command({"fulmar-sim", fulmar::all_scenarios(), "recovery"}, {values + 1, values + count});
}
