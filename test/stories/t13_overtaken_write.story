# T13. Node 3 is writing an entry of the leader of term 2, and its disk hangs. Meanwhile the leader
# of term 3 replaces this entry. When the old write completes, the disk of node 3 has an entry that
# its log no longer has: node 3 must not acknowledge the new entry until its own write is done.

nodes 5
       0.000  node 1  starts: term 1, vote 0, snapshot of 0, log 1 to 1
       0.000  node 2  starts: term 1, vote 0, snapshot of 0, log 1 to 1
       0.000  node 3  starts: term 1, vote 0, snapshot of 0, log 1 to 1
       0.000  node 4  starts: term 1, vote 0, snapshot of 0, log 1 to 1
       0.000  node 5  starts: term 1, vote 0, snapshot of 0, log 1 to 1
elect 1
       0.050  node 1  is pre-candidate in term 1, leader 0, log up to 1, committed 0
       0.052  node 1  is candidate in term 2, leader 0, log up to 1, committed 0
       0.054  node 2  is follower in term 2, leader 0, log up to 1, committed 0
       0.054  node 3  is follower in term 2, leader 0, log up to 1, committed 0
       0.054  node 4  is follower in term 2, leader 0, log up to 1, committed 0
       0.054  node 5  is follower in term 2, leader 0, log up to 1, committed 0
       0.056  node 1  is leader in term 2, leader 1, log up to 2, committed 0
run 100
       0.057  node 4  is follower in term 2, leader 1, log up to 2, committed 0
       0.057  node 2  is follower in term 2, leader 1, log up to 2, committed 0
       0.057  node 3  is follower in term 2, leader 1, log up to 2, committed 0
       0.057  node 5  is follower in term 2, leader 1, log up to 2, committed 0
       0.059  node 1  commits up to 2
cut 1 2
cut 1 4
cut 1 5
stall 3 3600000
set 1 key0 a
       0.156  node 1  is asked (1): SET key0 a (1 bytes)
run 20
kill 1
       0.176  node 1  is killed
run 1050
       0.187  world   request 1 may have been carried out, or may be later
       1.188  node 5  is pre-candidate in term 2, leader 0, log up to 2, committed 0
       1.190  node 5  is candidate in term 3, leader 0, log up to 2, committed 0
       1.192  node 4  is follower in term 3, leader 0, log up to 2, committed 0
       1.192  node 2  is follower in term 3, leader 0, log up to 2, committed 0
       1.192  node 3  is follower in term 3, leader 0, log up to 3, committed 2
       1.194  node 5  is leader in term 3, leader 5, log up to 3, committed 0
       1.195  node 3  is follower in term 3, leader 5, log up to 3, committed 2
       1.195  node 2  is follower in term 3, leader 5, log up to 3, committed 0
       1.195  node 4  is follower in term 3, leader 5, log up to 3, committed 0
       1.198  node 5  commits up to 3
run 50
log 3
       1.276  node 3  log: 1 members of 1, 2 no-op of 2, 3 no-op of 3
messages on
stall 3 0
run 1
run 1
run 1
       1.278  node 3  to 5, term 3: no
       1.278  node 3  to 5, term 3: have up to 3
run 1
run 1
messages off
status
       1.281  node 1  is down
       1.281  node 2  follower in term 3, log up to 3 of term 3, on disk 3, committed 0
       1.281  node 3  follower in term 3, log up to 3 of term 3, on disk 3, committed 2
       1.281  node 4  follower in term 3, log up to 3 of term 3, on disk 3, committed 0
       1.281  node 5  leader in term 3, log up to 3 of term 3, on disk 3, committed 3
