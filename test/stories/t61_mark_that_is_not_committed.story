# T61: the leader marks node 2 as lost, and reaches only node 3 with the mark. The others elect node
# 2, which never saw it. Nodes 1 and 3 follow node 2 then: its appends replace the mark. A follower
# that ignored everything from a marked member would be deaf to its leader for ever.

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
cut 3 2
cut 3 4
cut 3 5
change 1 mark 2
run 100
       0.156  node 1  is leader in term 2, leader 1, log up to 3, committed 2
       0.157  node 3  is follower in term 2, leader 1, log up to 3, committed 2
members 3
       0.256  node 3  members of entry 3, not committed: 1 votes,2 votes has lost its data,3 votes,4 votes,5 votes
run 910
       1.156  node 1  is follower in term 2, leader 0, log up to 3, committed 2
elect 2
       1.166  node 2  is pre-candidate in term 2, leader 0, log up to 2, committed 0
       1.169  node 2  is candidate in term 3, leader 0, log up to 2, committed 0
       1.171  node 4  is follower in term 3, leader 0, log up to 2, committed 0
       1.171  node 5  is follower in term 3, leader 0, log up to 2, committed 0
       1.173  node 2  is leader in term 3, leader 2, log up to 3, committed 0
run 500
       1.174  node 4  is follower in term 3, leader 2, log up to 3, committed 0
       1.174  node 5  is follower in term 3, leader 2, log up to 3, committed 0
       1.176  node 2  commits up to 3
heal
run 3000
       1.674  node 1  is follower in term 3, leader 2, log up to 3, committed 2
       1.674  node 3  is follower in term 3, leader 2, log up to 3, committed 2
       1.677  node 1  is follower in term 3, leader 2, log up to 3, committed 3
       1.677  node 3  is follower in term 3, leader 2, log up to 3, committed 3
status
       4.673  node 1  follower in term 3, log up to 3 of term 3, on disk 3, committed 3
       4.673  node 2  leader in term 3, log up to 3 of term 3, on disk 3, committed 3
       4.673  node 3  follower in term 3, log up to 3 of term 3, on disk 3, committed 3
       4.673  node 4  follower in term 3, log up to 3 of term 3, on disk 3, committed 3
       4.673  node 5  follower in term 3, log up to 3 of term 3, on disk 3, committed 3
members 3
       4.673  node 3  members of entry 1, committed: 1 votes,2 votes,3 votes,4 votes,5 votes
set 3 key1 through_the_new_leader
       4.673  node 3  is asked (1): SET key1 through_the_... (22 bytes)
run 500
       4.678  node 2  commits up to 4
       4.679  node 3  answers (1): done, index 4
       4.679  world   request 1 done: OK
       5.156  node 1  answers the operator: the outcome is open
