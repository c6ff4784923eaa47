# T61. By mistake a second process runs on a copy of the directory of node 1, from another machine,
# while node 1 itself goes on. The copy lacks nothing, so it looks like a restart of node 1. But the
# connections of node 1 live: nodes 2 and 3 refuse the second process, and node 1 stays the leader.
# When node 1 is killed and starts again, its old connections are closed, and it is let in.

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
set 1 key0 a
       0.106  node 1  is asked (1): SET key0 a (1 bytes)
run 50
       0.109  node 1  commits up to 3
       0.109  node 1  answers (1): done, index 3
       0.109  world   request 1 done: OK
copy 1
       0.156  node 1  its directory is copied
twin 1
       0.156  node 2  refuses node 1: two processes of node 1 run on copies of one data directory: stop one of them; or the node has just restarted: it is let in when its old connection is closed, or silent for 2000 ms
       0.156  node 3  refuses node 1: two processes of node 1 run on copies of one data directory: stop one of them; or the node has just restarted: it is let in when its old connection is closed, or silent for 2000 ms
run 2000
set 1 key0 b
       2.156  node 1  is asked (2): SET key0 b (1 bytes)
run 50
       2.160  node 1  commits up to 4
       2.160  node 1  answers (2): done, index 4
       2.160  world   request 2 done: OK
kill 1
       2.206  node 1  is killed
start 1
       2.206  node 1  starts: term 2, vote 1, snapshot of 0, log 1 to 4
run 3000
       3.184  node 3  is pre-candidate in term 2, leader 0, log up to 4, committed 3
       3.186  node 3  is candidate in term 3, leader 0, log up to 4, committed 3
       3.188  node 1  is follower in term 3, leader 0, log up to 4, committed 0
       3.188  node 2  is follower in term 3, leader 0, log up to 4, committed 3
       3.190  node 3  is leader in term 3, leader 3, log up to 5, committed 3
       3.191  node 2  is follower in term 3, leader 3, log up to 5, committed 3
       3.191  node 1  is follower in term 3, leader 3, log up to 5, committed 3
       3.193  node 3  commits up to 5
get 1 key0
       5.206  node 1  is asked (3): GET key0
run 200
       5.211  node 1  answers (3): done, index 5
       5.211  world   request 3 done: b
status
       5.406  node 1  follower in term 3, log up to 5 of term 3, on disk 5, committed 5
       5.406  node 2  follower in term 3, log up to 5 of term 3, on disk 5, committed 5
       5.406  node 3  leader in term 3, log up to 5 of term 3, on disk 5, committed 5
