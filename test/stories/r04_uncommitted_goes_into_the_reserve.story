# R4. A command is on the disk of its leader only when all disks become full at once and the leader
# starts again. It is elected again, and the entry is in its log before the first entry of its term.
# The others write both into the room that they keep in reserve: if they did not, nothing could be
# committed and nobody could read.

nodes 3
       0.000  node 1  starts: term 1, vote 0, snapshot of 0, log 1 to 1
       0.000  node 2  starts: term 1, vote 0, snapshot of 0, log 1 to 1
       0.000  node 3  starts: term 1, vote 0, snapshot of 0, log 1 to 1
elect 1
       0.050  node 1  is pre-candidate in term 1, leader 0, log up to 1, committed 0
       0.052  node 1  is candidate in term 2, leader 0, log up to 1, committed 0
       0.054  node 2  is follower in term 2, leader 0, log up to 1, committed 0
       0.054  node 3  is follower in term 2, leader 0, log up to 1, committed 0
       0.056  node 1  is leader in term 2, leader 1, log up to 2, committed 0
run 200
       0.057  node 2  is follower in term 2, leader 1, log up to 2, committed 0
       0.057  node 3  is follower in term 2, leader 1, log up to 2, committed 0
       0.060  node 1  commits up to 2
cut 1 -> 2
cut 1 -> 3
set 1 key0 a
       0.256  node 1  is asked (1): SET key0 a (1 bytes)
run 20
kill 1
       0.276  node 1  is killed
heal
room all none
start 1
       0.276  node 1  starts: term 2, vote 1, snapshot of 0, log 1 to 3
run 984
       0.276  world   request 1 may have been carried out, or may be later
       0.276  node 2  is told that room is low
       0.276  node 1  is told that room is low
       0.276  node 3  is told that room is low
       0.278  node 3  has saved a snapshot of index 2
       0.279  node 2  has saved a snapshot of index 2
elect 1
       1.260  node 1  is pre-candidate in term 2, leader 0, log up to 3, committed 0
       1.262  node 1  is candidate in term 3, leader 0, log up to 3, committed 0
       1.264  node 2  is follower in term 3, leader 0, log up to 2, committed 2
       1.265  node 3  is follower in term 3, leader 0, log up to 2, committed 2
       1.267  node 1  is leader in term 3, leader 1, log up to 4, committed 0
run 200
       1.268  node 2  is follower in term 3, leader 1, log up to 2, committed 2
       1.268  node 3  is follower in term 3, leader 1, log up to 2, committed 2
       1.272  node 1  commits up to 4
       1.274  node 1  has saved a snapshot of index 4
status
       1.467  node 1  leader in term 3, log up to 4 of term 3, on disk 4, committed 4
       1.467  node 2  follower in term 3, log up to 4 of term 3, on disk 4, committed 4
       1.467  node 3  follower in term 3, log up to 4 of term 3, on disk 4, committed 4
get 2 key0
       1.467  node 2  is asked (2): GET key0
run 20
       1.471  node 2  answers (2): done, index 4
       1.471  world   request 2 done: a
