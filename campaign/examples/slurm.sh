#!/bin/bash
# A campaign as a job array of Slurm. On a file system that all nodes share, in the folder that gets the reports:
#
#   sbatch --array=1-4 --cpus-per-task=16 --time=01:10:00 slurm.sh PATH/fulmar-sim 1.. --time 60m
#
# The arguments are the program, the seeds, and further options of `run`. The task that ends last merges the reports
# into all.db. The exit code of each task is that of its shard.
#SBATCH --job-name=storm
#SBATCH --output=shard-%a.log
set -u
simulator=$1 seeds=$2
shift 2
"$simulator" run --seeds "$seeds" --shard "$SLURM_ARRAY_TASK_ID/$SLURM_ARRAY_TASK_COUNT" \
  --jobs "${SLURM_CPUS_PER_TASK:-1}" --report "shard-$SLURM_ARRAY_TASK_ID.db" "$@"
code=$?
echo "$code" >"shard-$SLURM_ARRAY_TASK_ID.code"
(
  flock 9
  if [[ $(ls shard-*.code | wc -l) -eq $SLURM_ARRAY_TASK_COUNT && ! -e all.db ]]; then
    "$simulator" merge shard-*.db -o all.db
  fi
) 9>merge.lock
exit "$code"
