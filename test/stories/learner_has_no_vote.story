# A learner receives everything, answers reads and forwards writes, but it has no vote: it never
# campaigns, its copies do not count for a commit, and its answers keep no leader in office. It stays
# a learner until somebody promotes it.

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
run 50
       0.057  node 2  is follower in term 2, leader 1, log up to 2, committed 0
       0.057  node 3  is follower in term 2, leader 1, log up to 2, committed 0
       0.060  node 1  commits up to 2
join 4
       0.106  node 4  starts: term 0, vote 0, snapshot of 0, log 1 to 0
change 1 learn 4
run 500
       0.106  node 1  is leader in term 2, leader 1, log up to 3, committed 2
       0.107  node 2  is follower in term 2, leader 1, log up to 3, committed 2
       0.107  node 3  is follower in term 2, leader 1, log up to 3, committed 2
       0.109  node 1  commits up to 3
       0.109  node 1  answers the operator: done
       0.128  node 1  is leader in term 2, leader 1, log up to 4, committed 3
       0.129  node 3  is follower in term 2, leader 1, log up to 4, committed 3
       0.129  node 2  is follower in term 2, leader 1, log up to 4, committed 3
       0.129  node 4  is learner in term 2, leader 1, log up to 4, committed 3
       0.131  node 1  commits up to 4
members 4
       0.606  node 4  members of entry 4, committed: 1 votes,2 votes,3 votes,4 learns
set 4 key0 a
       0.606  node 4  is asked (1): SET key0 a (1 bytes)
run 50
       0.610  node 1  commits up to 5
       0.612  node 4  answers (1): done, index 5
       0.612  world   request 1 done: OK
get 4 key0
       0.656  node 4  is asked (2): GET key0
run 50
       0.661  node 4  answers (2): done, index 5
       0.661  world   request 2 done: a

# The leader and the learner are left. Their two copies commit nothing, the leader steps down, and
# the learner does not campaign.
kill 2
       0.706  node 2  is killed
kill 3
       0.706  node 3  is killed
set 1 key0 b
       0.706  node 1  is asked (3): SET key0 b (1 bytes)
run 3000
       1.756  node 1  is follower in term 2, leader 0, log up to 6, committed 5
       2.743  node 4  is learner in term 2, leader 0, log up to 6, committed 5
       3.552  node 1  is pre-candidate in term 2, leader 0, log up to 6, committed 5
status
       3.706  node 1  pre-candidate in term 2, log up to 6 of term 2, on disk 6, committed 5
       3.706  node 2  is down
       3.706  node 3  is down
       3.706  node 4  learner in term 2, log up to 6 of term 2, on disk 6, committed 5
start 2
       3.706  node 2  starts: term 2, vote 1, snapshot of 0, log 1 to 5
start 3
       3.706  node 3  starts: term 2, vote 1, snapshot of 0, log 1 to 5
run 3000
       4.717  node 2  is pre-candidate in term 2, leader 0, log up to 5, committed 0
       4.719  node 2  is candidate in term 3, leader 0, log up to 5, committed 0
       4.721  node 3  is follower in term 3, leader 0, log up to 5, committed 0
       4.721  node 1  is follower in term 3, leader 0, log up to 6, committed 5
       4.723  node 2  is leader in term 3, leader 2, log up to 6, committed 0
       4.724  node 4  is learner in term 3, leader 2, log up to 6, committed 5
       4.724  node 3  is follower in term 3, leader 2, log up to 6, committed 0
       4.724  node 1  is follower in term 3, leader 2, log up to 6, committed 5
       4.726  node 2  commits up to 6
       4.838  node 2  commits up to 7
       4.839  node 1  answers (3): done, index 7
       4.839  world   request 3 done: OK

# The learner itself may be asked for the change: it forwards it to the leader.
change 4 promote 4
run 500
       6.707  node 2  is leader in term 3, leader 2, log up to 8, committed 7
       6.709  node 3  is follower in term 3, leader 2, log up to 8, committed 7
       6.709  node 1  is follower in term 3, leader 2, log up to 8, committed 7
       6.709  node 4  is follower in term 3, leader 2, log up to 8, committed 7
       6.711  node 2  is leader in term 3, leader 2, log up to 9, committed 8
       6.711  node 2  commits up to 8
       6.712  node 3  is follower in term 3, leader 2, log up to 9, committed 8
       6.712  node 4  is follower in term 3, leader 2, log up to 9, committed 8
       6.712  node 1  is follower in term 3, leader 2, log up to 9, committed 8
       6.714  node 2  commits up to 9
       6.724  node 4  answers the operator: done
members 4
       7.206  node 4  members of entry 9, committed: 1 votes,2 votes,3 votes,4 votes
